"""The state of a crawl in a file that Prometheus reads, in the METRICS_FOLDER.

A crawl opens no port, so it writes a file for the node exporter's textfile collector instead: one
per spider and ledger, so that the shards of a fleet share a folder.
"""

import asyncio
from pathlib import Path
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from carscrape.spider import LedgerSpider

_SECONDS = 15.0  # between two writings; Prometheus asks as often where nobody chose otherwise


class Metrics:
    """Writes its file while a crawl runs, and once more when it has ended."""

    def __init__(self, crawler: Crawler) -> None:
        folder = crawler.settings["METRICS_FOLDER"]
        if not folder or not issubclass(crawler.spidercls, LedgerSpider):
            raise NotConfigured
        self._crawler = crawler
        self._folder = Path(folder)
        self._is_written = True  # or else somebody was told
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.engine_started, signal=signals.engine_started)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def engine_started(self) -> None:
        self._task = asyncio.ensure_future(self._repeat())

    async def _repeat(self) -> None:
        while True:
            self._write()
            await asyncio.sleep(_SECONDS)

    def spider_closed(self) -> None:
        if self._task:
            self._task.cancel()
        self._write()

    def _write(self) -> None:
        spider = self._crawler.spider
        assert isinstance(spider, LedgerSpider)
        if not spider.run:  # not open yet, or never
            return
        # Not at the top: it needs a package that nobody else does.
        from carscrape.metric_families import write

        path = self._folder / f"carscrape-{spider.name}-{spider.arguments.ledger_name}.prom"
        try:
            write(path, spider, self._crawler.stats.get_value("carscrape/exit_code"))
            self._is_written = True
        except OSError as error:  # a crawl does not end for it
            if self._is_written:
                spider.logger.warning("cannot write %s: %s", path, error.strerror)
            self._is_written = False
