"""One lane per engine: which pages are open, and when the engine is left alone."""

import sqlite3
import time

from carscrape.engines.base import Engine
from carscrape.items import PageVerdict
from carscrape.ledger.asked import AskedRows
from carscrape.ledger.hosts import Hosts
from carscrape.manners import pause

OPEN_PAGES = 2
"""Pages of one engine asked at a time: one is read while the next is on its way."""

UNFINISHED = frozenset({PageVerdict.BLOCKED, PageVerdict.FAILED})
"""Verdicts of a page that will be asked again in this run, after a pause."""

_MOST_IN_A_ROW = {PageVerdict.LAYOUT_UNKNOWN: 3, PageVerdict.FAILED: 8}
"""So many pages of this verdict in a row end a lane for this run: asking on helps nobody."""

_PAUSES_WAITED_FOR = 6
"""After so many pauses in a row a lane is asked only while the run has something else to do."""


class Lane:
    """What is asked of one engine, at most `OPEN_PAGES` rows at a time.

    An engine that blocks or fails is left alone, for longer each time; then one page at a time
    shows whether it is over.
    """

    def __init__(
        self,
        engine: Engine,
        rows: AskedRows,
        hosts: Hosts,
        retry_delay: float,
    ) -> None:
        self.engine = engine
        self.slot = f"engine:{engine.name}"
        self.closed = ""  # why nothing more is asked in this run; "" while it is
        self._rows = rows
        self._hosts = hosts
        self._retry_delay = retry_delay
        self._open: set[int] = set()
        self._in_a_row: tuple[PageVerdict | None, int] = (None, 0)
        self._pauses = 0  # since a page was last read
        self.resumes_at = hosts.held(time.time()).get(self.slot, 0.0)
        """Unix time before which the engine is left alone."""

    @property
    def open(self) -> int:
        """Rows asked and not yet answered."""
        return len(self._open)

    def next_due(self) -> float | None:
        """When there is something to ask (Unix time); None if nothing is worth waiting for."""
        if self.closed or self._pauses >= _PAUSES_WAITED_FOR:
            return None
        waiting = [row for row in self._due(float("inf")) if row["id"] not in self._open]
        return max(self.resumes_at, waiting[0]["not_before"]) if waiting else None

    def take(self, now: float) -> list[sqlite3.Row]:
        """Rows to ask now; they count as open until `answered`."""
        if self.closed or now < self.resumes_at:
            return []
        rows = [row for row in self._due(now) if row["id"] not in self._open]
        most = 1 if self._pauses else OPEN_PAGES
        rows = rows[: max(0, most - len(self._open))]
        self._open.update(row["id"] for row in rows)
        return rows

    def _due(self, now: float) -> list[sqlite3.Row]:
        return self._rows.due(self.engine.name, now, OPEN_PAGES + len(self._open))

    def give_back(self, row: int) -> None:
        """Take a row back that was not asked, after all."""
        self._open.discard(row)

    def answered(self, row: int, verdict: PageVerdict, wait: float | None) -> float:
        """Take an answer; returns the time before which its row is not asked again.

        Args:
            row: the id of the row that was asked.
            verdict: what the page turned out to be.
            wait: seconds the engine asked to be left alone, if it did.
        """
        self._open.discard(row)
        last, count = self._in_a_row
        count = count + 1 if verdict == last else 1
        self._in_a_row = (verdict, count)
        if count >= _MOST_IN_A_ROW.get(verdict, count + 1):
            self.closed = f"{count} pages in a row were {verdict}"
        if verdict not in UNFINISHED:
            self._pauses = 0
            return 0.0
        self._pause(wait)
        return self.resumes_at

    def _pause(self, wait: float | None) -> None:
        """Leave the engine alone; each pause in a row is longer, even if it asks for less."""
        now, seconds = time.time(), wait or 0.0
        # What was on its way when a pause began tells nothing new, unless it says for how long.
        if now >= self.resumes_at:
            if wait is None or self._pauses:
                seconds = max(seconds, pause(self._pauses, self._retry_delay))
            self._pauses += 1
        self.resumes_at = max(self.resumes_at, now + seconds)
        self._hosts.hold(self.slot, self.resumes_at)
