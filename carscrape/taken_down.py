"""Keeps the crawl away from what was taken down."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.spider import LedgerSpider


class TakenDown:
    """Downloader middleware: asks for no image that was taken down, behind a redirect neither."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused."""
        if "item" not in request.meta:
            return
        assert isinstance(self.crawler.spider, LedgerSpider)
        takedowns = self.crawler.spider.ledger.takedowns
        if takedowns and takedowns.forbid_url(request.url):
            raise Refused(Outcome.TAKEN_DOWN, "")
