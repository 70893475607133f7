"""Hosts, and lanes of engines, that are left alone for a while. Standard library only."""

import sqlite3

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

    def times_down(self, host: str) -> int:
        """How many tries every open image of a host has lost."""
        sql = "select coalesce(min(tries), 0) from image where host = ? and final = 0"
        times: int
        (times,) = self._db.execute(sql, (host,)).fetchone()
        return times

    def give_up(self, host: str, why: str, until: float, *, free: bool = False) -> int:
        """Hold a host that is down; its open images are `host_down`, which costs them a try.

        Returns how many of them had no other try left: that is their end.

        Args:
            free: It costs them none: the host only asked to be left alone.
        """
        with self._db:
            self._db.execute("begin")
            self._hold(host, until, why)
            failed = self._db.execute(
                "update image set outcome = :outcome, detail = :why, tries = tries + :tries, "
                "final = tries + :tries >= :most where host = :host and final = 0 returning final",
                {
                    "outcome": Outcome.HOST_DOWN,
                    "why": why,
                    "tries": 0 if free else 1,
                    "most": MAX_TRIES,
                    "host": host,
                },
            )
            return sum(row["final"] for row in failed)

    def _hold(self, name: str, until: float, down: str) -> None:
        self._db.execute(
            "insert into host values (?, ?, ?) on conflict (name) do update set "
            "not_before = max(not_before, excluded.not_before), down = excluded.down",
            (name, until, down),
        )
