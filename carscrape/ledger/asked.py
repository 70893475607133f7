"""What tables of questions to an engine have in common: each row is asked until it has a verdict.

Standard library only.
"""

import sqlite3
from abc import ABC, abstractmethod
from typing import ClassVar

from carscrape.items import FINISHED_PAGE, PageVerdict


class AskedRows(ABC):
    """Rows that engines are asked: result pages, or phrases to count."""

    table: ClassVar[str]

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @abstractmethod
    def due(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """Rows that an engine may be asked now, the longest waiting first."""

    def unasked(self, engine: str) -> int:
        """How many rows of an engine no run has finished."""
        sql = f"select count(*) from {self.table} where verdict is null and engine = ?"  # noqa: S608
        return int(self._db.execute(sql, (engine,)).fetchone()[0])

    def with_verdict(self, verdict: PageVerdict) -> int:
        """How many rows ended with this verdict."""
        sql = f"select count(*) from {self.table} where verdict = ?"  # noqa: S608
        return int(self._db.execute(sql, (verdict,)).fetchone()[0])

    def reopen(self) -> None:
        """Make rows that earlier runs could not finish unasked again."""
        finished = ", ".join(f"'{verdict}'" for verdict in sorted(FINISHED_PAGE))
        self._db.execute(
            f"update {self.table} set verdict = null, tries = 0 "  # noqa: S608
            f"where verdict is not null and verdict not in ({finished})"
        )

    def postpone(self, row: int, detail: str, until: float, costs: bool) -> None:
        """Leave a row unasked until a time; `costs` says whether that was a try."""
        self._db.execute(
            f"update {self.table} set detail = ?, not_before = ?, "  # noqa: S608
            "tries = tries + ? where id = ?",
            (detail, until, costs, row),
        )
