"""How a crawl is ended early: for which reason, and what becomes of what is in flight."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from scrapy.crawler import Crawler

from carscrape.health import Health

USAGE, UNWRITABLE = 2, 74  # exit codes
STORE_UNWRITABLE, LOCAL_FAULT = "store_unwritable", "local_fault"  # reasons to stop
EXIT_CODES = {STORE_UNWRITABLE: UNWRITABLE, LOCAL_FAULT: 75}
"""Of the reasons that have one of their own; every other end but `finished` has 1."""

abandon = object()
"""Signal: let go of what is in flight; the ledger still holds it as not asked."""

_LOOK_AGAIN = 0.2  # seconds


class Stop:
    """Ends a crawl at most once, and lets go of downloads that would hold up its end."""

    def __init__(self, crawler: Crawler, health: Health) -> None:
        self.reason = ""  # why, once something made us stop
        self._crawler = crawler
        self._health = health
        self._closing: asyncio.Future[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    def now(self, reason: str, why: str) -> None:
        """End the run early; says why once."""
        if not self.reason:
            self.reason = reason
            self._health.complain(why)
            assert self._crawler.engine
            self._closing = asyncio.ensure_future(
                self._crawler.engine.close_spider_async(reason=reason)
            )

    @contextmanager
    def unless_written(self) -> Iterator[None]:
        """Stop where the store cannot be written: all that follows would be lost."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            store = self._crawler.settings["STORE"]
            self.now(STORE_UNWRITABLE, f"cannot write {store}: {error}")

    def watch(self, grace: float) -> None:
        """From now on, `abandon` what is in flight so many seconds after a stop began."""
        self._watch = asyncio.ensure_future(self._abandon_after(grace))

    async def _abandon_after(self, grace: float) -> None:
        assert self._crawler.engine
        while not self._crawler.engine.needs_backout():
            await asyncio.sleep(_LOOK_AGAIN)
        await asyncio.sleep(grace)
        self._crawler.signals.send_catch_log(abandon)

    def end_watch(self) -> None:
        """Stop watching: the crawl has ended."""
        if self._watch:
            self._watch.cancel()
