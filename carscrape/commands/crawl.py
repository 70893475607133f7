"""Stock `scrapy crawl`, with arguments checked first and an exit code that tells the truth."""

import argparse
import os

from scrapy import Spider
from scrapy.commands import crawl
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader

from carscrape.argument_values import ArgumentError
from carscrape.arguments import read_arguments
from carscrape.crawl_log import LoggedCommand
from carscrape.setting_checks import names_store
from carscrape.spider import LedgerSpider
from carscrape.store import StoreError


def spider_named(args: list[str], settings: BaseSettings) -> type[Spider]:
    """The spider that a command line names.

    Raises:
        ArgumentError: it names none, or more than that.
    """
    loader = get_spider_loader(settings)
    if len(args) != 1 or args[0] not in loader.list():
        known = ", ".join(sorted(loader.list()))
        raise ArgumentError(f"expected one spider, got {args}; there are {known}")
    return loader.load(args[0])


def _check_job(settings: BaseSettings) -> None:
    """Refuse a job of Scrapyd's that would write ./store, which is Scrapyd's own folder there."""
    if "SCRAPY_PROJECT" in os.environ and not names_store(settings):  # the jobs' own variable
        raise ArgumentError(
            "no store is named: set CARSCRAPE_STORE where Scrapyd starts, "
            "or schedule the job with setting=STORE=DIR"
        )


class Command(LoggedCommand, crawl.Command):
    """`scrapy crawl SPIDER [-a NAME=VALUE]...`."""

    _crawler: Crawler

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run a spider.

        Exit code 0 done, 1 not credible, 2 wrong usage, 74 store not writable, 75 no network.
        """
        try:
            self._check(args, opts.spargs)
        except (ArgumentError, StoreError) as error:
            self.refuse(error)
            return
        super().run(args, opts)
        # Without a conclusion the crawl did not get far enough to have one.
        self.exitcode = self.exitcode or self._crawler.stats.get_value("carscrape/exit_code", 1)

    def _check(self, args: list[str], given: dict[str, str]) -> None:
        assert self.settings is not None
        spider = spider_named(args, self.settings)
        if issubclass(spider, LedgerSpider):
            _check_job(self.settings)
            read_arguments(given, self.settings, spider.counts_hits).store.create()

    def _create_crawler(self, spidercls: object) -> Crawler:
        self._crawler = super()._create_crawler(spidercls)  # type: ignore[arg-type]
        return self._crawler
