"""What tables of questions to an engine have in common: each row is asked until it has a verdict.

Standard library only.
"""

import sqlite3
from abc import ABC, abstractmethod
from typing import ClassVar

from carscrape.items import FINISHED_PAGE

FINISHED = ", ".join(f"'{verdict}'" for verdict in sorted(FINISHED_PAGE))
"""The verdicts that finish a page, for a list in SQL."""


class AskedRows(ABC):
    """Rows that engines are asked: result pages, or phrases to count."""

    table: ClassVar[str]
    current: ClassVar[str] = "true"  # SQL: the rows that runs still care for

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @abstractmethod
    def due(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """Rows that an engine may be asked now, the longest waiting first."""

    def unasked(self, engine: str) -> int:
        """How many rows of an engine no run has finished."""
        sql = (
            f"select count(*) from {self.table} "  # noqa: S608
            f"where verdict is null and {self.current} and engine = ?"
        )
        return int(self._db.execute(sql, (engine,)).fetchone()[0])

    def unfinished(self) -> list[tuple[str, str, int]]:
        """Engine, verdict and number of the rows that have a verdict which finishes nothing."""
        sql = (
            f"select engine, verdict, count(*) from {self.table} "  # noqa: S608
            f"where verdict not in ({FINISHED}) and {self.current} group by 1, 2 order by 1, 2"
        )
        return [(engine, verdict, count) for engine, verdict, count in self._db.execute(sql)]

    def reopen(self) -> None:
        """Make rows that earlier runs could not finish unasked again."""
        self._db.execute(
            f"update {self.table} set verdict = null, tries = 0 "  # noqa: S608
            f"where verdict not in ({FINISHED}) and {self.current}"
        )

    def postpone(self, row: int, detail: str, until: float, costs: bool) -> None:
        """Leave a row unasked until a time; `costs` says whether that was a try."""
        self._db.execute(
            f"update {self.table} set detail = ?, not_before = ?, "  # noqa: S608
            "tries = tries + ? where id = ?",
            (detail, until, costs, row),
        )
