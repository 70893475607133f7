"""`scrapy crawl image_search`: asks engines for images and downloads what they found."""

import json
import sqlite3
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from scrapy import Request
from scrapy.http import Response

from carscrape.feeder import Feeder
from carscrape.items import NOT_ASKED, HitCount, ImageResult, Outcome, PageVerdict
from carscrape.lanes import UNFINISHED, Lane
from carscrape.network import UNREACHED
from carscrape.spider import LedgerSpider
from carscrape.tally import Tally


class ImageSearch(LedgerSpider):
    """Result pages go into the ledger, the feeder takes images from it, one item per URL."""

    name = "image_search"
    counts_hits: ClassVar[bool] = False
    feeder: Feeder

    def plan(self) -> None:
        """Write the first page of every query; see what earlier runs left to do."""
        engines = [engine.name for engine in self.arguments.engines]
        self.ledger.pages.plan(self.arguments.queries(), engines, self.arguments.per_query)
        settings = self.settings
        self.feeder = Feeder(
            self.ledger,
            window=settings.getint("CONCURRENT_ITEMS"),
            per_host=2 * settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            retry_delay=settings.getfloat("RETRY_DELAY"),
        )
        self.rows = self.ledger.pages
        self.tally = Tally.of_images(self.ledger)

    # --- feeding

    def give(self, now: float) -> Iterator[ImageResult | Request]:
        """Hand out images as far as the window goes, and pages while images are scarce."""
        # Before anything is taken: a host whose images are committed may have more to give.
        self.feeder.flush_if_due(now)
        while images := self.feeder.take(now):
            yield from images
        # A window that cannot be filled is scarcity; so the plan's length costs no memory.
        if self.feeder.open < self.feeder.window:
            yield from super().give(now)

    def next_due(self) -> list[float]:
        """Times (Unix) at which something will be due."""
        due = self.feeder.next_due()
        return super().next_due() + ([] if due is None else [due])

    def open(self) -> int:
        """How much that was asked has not come back, or was not written yet."""
        return self.feeder.open + super().open()

    def ended(self, item: ImageResult) -> None:
        """Take an image back from the pipeline."""
        if item.outcome is None:
            self.feeder.give_back(item)
        elif item.outcome in UNREACHED:
            self.network.hold(partial(self._settle_image, item))
        else:
            if item.outcome not in NOT_ASKED:
                self.network.reached()
            self._settle_image(item, True)
        self.drive.wake()

    def _settle_image(self, item: ImageResult, blamed: bool) -> None:
        with self.stop.unless_written():
            if not blamed:
                self.feeder.give_back(item)
                return
            if item.final and item.outcome:
                self.tally.ended_as(item.outcome)
            if others := self.feeder.ended(item):
                self.tally.ended_as(Outcome.HOST_DOWN, others)

    # --- pages

    def request_of(self, lane: Lane, row: sqlite3.Row) -> Request:
        """Build the request for a result page."""
        filters = json.loads(row["filters"])
        return lane.engine.image_request(row["text"], row["cursor"], filters)

    def answer(
        self, lane: Lane, row: sqlite3.Row, response: Response
    ) -> tuple[PageVerdict, str, list[HitCount]]:
        """Read a result page into the ledger."""
        page = lane.engine.parse_images(response)
        if page.verdict in UNFINISHED:
            return page.verdict, page.detail, []
        last = (row["number"] + 1) * lane.engine.page_size >= lane.engine.max_results
        end = self.ledger.pages.finish(
            row,
            page.verdict,
            page.results,
            page.next_cursor,
            self.arguments.per_query,
            page.detail,
            is_last=last,
        )
        self.feeder.add_hosts(end.hosts)
        self.tally.urls += len(end.hosts)
        self.tally.answered += not end.has_next
        return end.verdict, end.detail, []

    def give_up(self, row: sqlite3.Row, detail: str) -> None:
        """Write a page as failed."""
        self.ledger.pages.finish(row, PageVerdict.FAILED, detail=detail)

    def settle(self) -> None:
        """Write the images that ended since the last batch."""
        self.feeder.flush()

    def conclude(self) -> int:
        """Say whether the result is credible."""
        sql = "select count(*) from image where outcome = ?"
        ((stored,),) = self.ledger.tally(sql, (Outcome.STORED,))
        if not stored and self.tally.asked:  # a shard of a small plan may have no query
            self.health.complain("no image was stored")
        return super().conclude()

    def summary(self) -> list[tuple[str, int]]:
        """Queries, pages, results and how every image ended."""
        tally = self.ledger.tally
        ((queries,),) = tally("select count(*) from query")
        pages = tally("select coalesce(verdict, 'not asked'), count(*) from page group by 1")
        ((results,),) = tally("select count(*) from result")
        ((urls,),) = tally("select count(*) from image")
        ended = tally("select outcome, count(*) from image group by 1 order by 2 desc")
        ((waiting,),) = tally("select count(*) from image where final = 0")
        return [
            ("queries", queries),
            *((f"result pages: {verdict}", n) for verdict, n in pages),
            ("results", results),
            ("  repeats of a known image", results - urls),
            ("  image URLs", urls),
            *((f"    {outcome or 'not asked'}", n) for outcome, n in ended),
            ("image URLs that a later run asks again", waiting),
        ]

    def advice(self) -> list[str]:
        """Where there was less than was asked, and what to do next."""
        store = self.arguments.store.root
        lines = [*self._shortfalls(), f"Next: python -m postprocess run {store}"]
        ((waiting,),) = self.ledger.tally("select count(*) from image where final = 0")
        if waiting:
            lines.append(f"{waiting:,} images wait for their hosts: run the same command again.")
        return lines

    def _shortfalls(self) -> Iterator[str]:
        """A line for each engine that had fewer images than its queries asked for."""
        most = self.arguments.per_query
        for engine in self.arguments.engines:
            found = self.ledger.pages.shortfall(engine.name, most)
            if found.short:
                yield (
                    f"{engine.name}: {found.short:,} of {found.queries:,} queries got fewer than "
                    f"{most:,} images: {found.images:,} of {most * found.short:,} asked."
                )
