"""Hosts, and lanes of engines, that are left alone for a while. Standard library only."""

import json
import sqlite3
from collections.abc import Sequence

from carscrape.items import LONGEST_PAUSE, MAX_TRIES, Outcome


class Hosts:
    """The table `host`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def hold(self, name: str, until: float) -> None:
        """Remember that a host, or an engine's lane, is not asked before a time."""
        self._hold(name, until, "")

    def held(self, now: float) -> dict[str, float]:
        """Hosts and lanes that must wait, and until when (Unix time)."""
        rows = self._db.execute("select * from host where not_before > ?", (now,))
        return {row["name"]: row["not_before"] for row in rows}

    def bound_pauses(self, now: float) -> None:
        """Let nothing wait longer than any pause may be: a clock may have been set back."""
        most = now + LONGEST_PAUSE
        for table, waits in (
            ("host", "true"),
            ("image", "final = 0"),
            ("page", "verdict is null"),
            ("hit", "verdict is null"),
        ):
            self._db.execute(
                f"update {table} set not_before = :most "  # noqa: S608
                f"where {waits} and not_before > :most",
                {"most": most},
            )

    def give_up(
        self, host: str, why: str, until: float, failed: Sequence[int] = (), *, free: bool = False
    ) -> int:
        """Hold a host that is down; its open images are `host_down`, which costs them a try.

        Returns how many of them had no other try left: that is their end.

        Args:
            failed: Ids of images whose own failure has settled what it costs them.
            free: It costs none of them: the host only asked to be left alone.
        """
        costs = "not :free and id not in (select value from json_each(:failed))"
        with self._db:
            self._db.execute("begin")
            self._hold(host, until, why)
            ended = self._db.execute(
                f"update image set outcome = :outcome, detail = :why, tries = tries + ({costs}), "  # noqa: S608
                f"final = tries + ({costs}) >= :most where host = :host and final = 0 "
                "returning final",
                {
                    "outcome": Outcome.HOST_DOWN,
                    "why": why,
                    "free": free,
                    "failed": json.dumps(failed),
                    "most": MAX_TRIES,
                    "host": host,
                },
            )
            return sum(row["final"] for row in ended)

    def _hold(self, name: str, until: float, down: str) -> None:
        self._db.execute(
            "insert into host values (?, ?, ?) on conflict (name) do update set "
            "not_before = max(not_before, excluded.not_before), down = excluded.down",
            (name, until, down),
        )
