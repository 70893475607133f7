"""`scrapy crawl hitcounts`: asks engines how many pages hold "Ford Mustang suv"."""

import json
import sqlite3
import time
from datetime import UTC, datetime
from typing import ClassVar

from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import DemoEngine, HitPage
from carscrape.filters import filters_of
from carscrape.items import HitCount, PageVerdict
from carscrape.lanes import UNFINISHED, Lane
from carscrape.spider import LedgerSpider
from carscrape.tally import Tally


class HitCounts(LedgerSpider):
    """One quoted phrase per subject and term; a count that no page shows stays null."""

    name = "hitcounts"
    counts_hits: ClassVar[bool] = True

    def plan(self) -> None:
        """Write every phrase to count: on with the newest series, or a new one of today."""
        today = datetime.fromtimestamp(time.time(), UTC).date().isoformat()
        day = today if self.arguments.again else self.ledger.hits.last_day() or today
        self.ledger.hits.plan(self.arguments.hit_counts(day))
        for engine in self.arguments.engines:
            if isinstance(engine, DemoEngine):
                engine.day = self.ledger.hits.days() - 1
        self.rows = self.ledger.hits
        self.tally = Tally.of_hits(self.ledger)

    def request_of(self, lane: Lane, row: sqlite3.Row) -> Request:
        """Build the request whose answer counts a phrase."""
        return lane.engine.hits_request(row["phrase"], filters_of(row["asked_locale"]))

    def answer(
        self, lane: Lane, row: sqlite3.Row, response: Response
    ) -> tuple[PageVerdict, str, list[HitCount]]:
        """Read a count into the ledger."""
        page = lane.engine.parse_hits(response)
        if page.verdict in UNFINISHED:
            return page.verdict, page.detail, []
        hit = self._finish(row, page)
        return page.verdict, page.detail, [hit]

    def give_up(self, row: sqlite3.Row, detail: str) -> None:
        """Write a phrase as failed."""
        self._finish(row, HitPage(PageVerdict.FAILED, detail=detail))

    def _finish(self, row: sqlite3.Row, page: HitPage) -> HitCount:
        hit = HitCount(
            engine=row["engine"],
            phrase=row["phrase"],
            subject=json.loads(row["subject"]),
            term=row["term"],
            day=row["day"],
            asked_locale=row["asked_locale"],
            locale=page.locale or row["asked_locale"],
            count=page.count,
            raw=page.raw,
            verdict=page.verdict,
            detail=page.detail,
            fetched_at=time.time(),
        )
        self.ledger.hits.finish(row["id"], hit)
        self.tally.answered += 1
        return hit

    def conclude(self) -> int:
        """Say whether the result is credible."""
        counts = f"select count(count) from hit where {self.ledger.hits.current}"  # noqa: S608
        ((counted,),) = self.ledger.tally(counts)
        if not counted and self.tally.asked:  # a shard of a small plan may have no phrase
            self.health.complain("no phrase was counted")
        return super().conclude()

    def summary(self) -> list[tuple[str, int]]:
        """Phrases and what became of them."""
        verdicts = self.ledger.tally(
            "select coalesce(verdict, 'not asked'), count(*) from hit group by 1"
        )
        ((counted, silent),) = self.ledger.tally(
            "select count(count), coalesce(sum(verdict is not null and count is null), 0) from hit"
        )
        return [
            *((f"phrases: {verdict}", n) for verdict, n in verdicts),
            ("counted", counted),
            ("answered without a count", silent),
        ]

    def advice(self) -> list[str]:
        """What to do next."""
        return [f"Next: python -m postprocess hits {self.arguments.store.root}"]
