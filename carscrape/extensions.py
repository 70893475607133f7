"""What a person sees of a crawl: the progress line, and how it ended."""

import asyncio
import logging
import sqlite3
import sys
from contextlib import suppress
from io import StringIO
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.settings import SETTINGS_PRIORITIES

from carscrape.crawl_log import log_handler
from carscrape.spider import LedgerSpider
from carscrape.stopping import EXIT_CODES, STORE_UNWRITABLE, UNWRITABLE
from carscrape.store import StoreError

logger = logging.getLogger(__name__)
_LOG_SECONDS = 30.0  # between progress lines where there is no terminal
_LINE_SECONDS = 0.5


class Progress:
    """A line that says where the crawl stands: live on a terminal, else in the log."""

    def __init__(self, crawler: Crawler) -> None:
        if not issubclass(crawler.spidercls, LedgerSpider):
            raise NotConfigured
        self.crawler = crawler
        self._live: Live | None = None
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        _let_our_lines_through(self.crawler)
        if sys.stderr.isatty() and not self.crawler.settings.get("LOG_FILE"):
            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
            self._live.start()
        self._task = asyncio.ensure_future(self._repeat())

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(_LINE_SECONDS if self._live else _LOG_SECONDS)
            tally = getattr(self.crawler.spider, "tally", None)
            if tally is None:
                continue
            if self._live:
                self._live.update(Text(tally.line()), refresh=True)
            else:
                logger.info("%s", tally.line())

    def spider_closed(self) -> None:
        if self._task:
            self._task.cancel()
        if self._live:
            self._live.stop()


def _let_our_lines_through(crawler: Crawler) -> None:
    """Log our own INFO but only Scrapy's warnings, unless the user chose a level."""
    chosen = (crawler.settings.getpriority("LOG_LEVEL") or 0) > SETTINGS_PRIORITIES["project"]
    handler = log_handler(crawler.settings)
    if handler is not None and not chosen:
        handler.setLevel(logging.INFO)
        for name in ("scrapy", "scrapy-playwright", "asyncio", "aiobotocore", "botocore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # They warn of bodies cut short or too large; these are outcomes.
        for name in ("core.downloader.handlers", "downloadermiddlewares.httpcompression"):
            logging.getLogger(f"scrapy.{name}").setLevel(logging.ERROR)


class Conclusion:
    """Ends the run: its row in the ledger, the summary table, the exit code."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not issubclass(crawler.spidercls, LedgerSpider):
            raise NotConfigured
        extension = cls()
        extension.crawler = crawler
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    crawler: Crawler

    async def spider_closed(self, spider: LedgerSpider, reason: str) -> None:
        code = spider.exit_code or 1
        try:
            if spider.run:
                code = self._conclude(spider, reason)
        except (OSError, sqlite3.Error) as error:
            if reason != STORE_UNWRITABLE:  # or else it was said
                logger.error("cannot write %s: %s", spider.settings["STORE"], error)
            code = UNWRITABLE
        finally:
            self.crawler.stats.set_value("carscrape/exit_code", code)
            try:
                await self._save(spider, reason)
            finally:
                spider.close_everything()

    async def _save(self, spider: LedgerSpider, reason: str) -> None:
        """Save the run's end beyond this machine; where that fails, it did not end well."""
        if spider.remote_copy is None:
            return
        try:
            await spider.remote_copy.end(has_run=bool(spider.run))
        except (StoreError, OSError, sqlite3.Error) as error:
            if reason != STORE_UNWRITABLE:
                logger.error("%s", error)
            self.crawler.stats.set_value("carscrape/exit_code", UNWRITABLE)
            if spider.run:
                with suppress(sqlite3.Error):
                    spider.ledger.end_run(spider.run, STORE_UNWRITABLE, UNWRITABLE)

    def _conclude(self, spider: LedgerSpider, reason: str) -> int:
        if self.crawler.stats.get_value("spider_exceptions/count"):
            spider.health.complain("a bug stopped part of the crawl: see the traceback above")
        spider.settle()
        code = spider.conclude() if reason == "finished" else EXIT_CODES.get(reason, 1)
        spider.ledger.end_run(spider.run, reason, code)
        logger.info("%s", _summary(spider, reason), extra={"fields": _fields(spider, reason, code)})
        return code


def _fields(spider: LedgerSpider, reason: str, code: int) -> dict[str, object]:
    """The summary for programs."""
    return {
        "message": f"{spider.name}: {reason}",
        "exit_code": code,
        "summary": {name.strip(): value for name, value in spider.summary()},
        "advice": spider.advice(),
        "complaints": spider.health.complaints,
    }


def _summary(spider: LedgerSpider, reason: str) -> str:
    """Draw the table a run ends with."""
    table = Table(title=f"{spider.name}: {reason}", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in spider.summary():
        table.add_row(name, f"{value:,}")
    text = StringIO()
    Console(file=text, width=80).print(table)
    lines = [text.getvalue().rstrip(), *spider.advice()]
    return "\n" + "\n".join(lines)
