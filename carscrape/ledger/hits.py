"""The phrases to count, and what engines said of them. Standard library only."""

import json
import sqlite3
from collections.abc import Iterable
from typing import ClassVar

from carscrape.items import HitCount
from carscrape.ledger.asked import AskedRows


class Hits(AskedRows):
    """The table `hit`."""

    table: ClassVar[str] = "hit"
    # A series that was left for a new one stays as it is: counts of two days would mix in it.
    current: ClassVar[str] = "day = (select day from hit order by id desc limit 1)"

    def plan(self, hits: Iterable[HitCount]) -> None:
        """One unasked row per engine, phrase and day; those already there stay as they are."""
        rows = (
            (
                hit.engine,
                hit.phrase,
                json.dumps(hit.subject),
                hit.term,
                hit.day,
                hit.asked_locale,
            )
            for hit in hits
        )
        with self._db:
            self._db.execute("begin")
            self._db.executemany(
                "insert or ignore into hit (engine, phrase, subject, term, day, asked_locale) "
                "values (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def last_day(self) -> str | None:
        """The day of the newest series; None where nothing is counted yet."""
        row = self._db.execute("select day from hit order by id desc limit 1").fetchone()
        return row["day"] if row else None

    def days(self) -> int:
        """How many days were counted, or begun to be."""
        row = self._db.execute("select count(distinct day) as days from hit").fetchone()
        return int(row["days"])

    def due(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """Phrases of an engine that were not counted yet, oldest first."""
        return self._db.execute(
            "select * from hit where engine = ? and verdict is null and not_before <= ? "  # noqa: S608
            f"and {self.current} order by not_before, id limit ?",
            (engine, now, limit),
        ).fetchall()

    def finish(self, row: int, hit: HitCount) -> None:
        """Write what an engine said of a phrase."""
        self._db.execute(
            "update hit set count = ?, raw = ?, locale = ?, verdict = ?, detail = ?, "
            "tries = tries + 1, fetched_at = ? where id = ?",
            (hit.count, hit.raw, hit.locale, hit.verdict, hit.detail, hit.fetched_at, row),
        )
