"""What an engine's answer, or its silence, does to the row that was asked."""

import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from carscrape.guard import Refused
from carscrape.items import MAX_TRIES, HitCount, Outcome, PageVerdict
from carscrape.lanes import UNFINISHED, Lane
from carscrape.manners import retry_after
from carscrape.network import is_answer
from carscrape.secrets import without_keys

if TYPE_CHECKING:
    from carscrape.spider import LedgerSpider


class Answers:
    """Callback and errback of every request to an engine."""

    def __init__(self, spider: "LedgerSpider") -> None:
        self._spider = spider

    def arrived(self, response: Response, lane: Lane, row: sqlite3.Row) -> Iterator[HitCount]:
        """Read a page of an engine; what it says goes into the ledger."""
        self._spider.network.reached()
        with self._spider.stop.unless_written():
            verdict, said, items = self._read(lane, row, response)
            detail = without_keys(said)
            wait = retry_after(response.headers, time.time())
            until = lane.answered(row["id"], verdict, wait)
            if verdict in UNFINISHED:
                self._postpone(row, verdict, detail, until)
            self._spider.health.page(lane, verdict, detail, response, self._spider.arguments.store)
            self._spider.drive.wake()
            yield from items

    def _read(
        self, lane: Lane, row: sqlite3.Row, response: Response
    ) -> tuple[PageVerdict, str, list[HitCount]]:
        try:
            return self._spider.answer(lane, row, response)
        except (sqlite3.Error, OSError):
            raise
        except Exception as error:  # a reader's bug costs its page, and never the whole crawl
            self._spider.logger.exception(
                "bug in the engine %s at %s", lane.engine.name, response.url
            )
            self._spider.health.complain(
                f"a bug in the engine {lane.engine.name}: see the traceback"
            )
            return PageVerdict.FAILED, f"bug: {type(error).__name__}", []

    def failed(self, failure: Failure) -> None:
        """Take a page that did not arrive."""
        request: Request = failure.request  # type: ignore[attr-defined]
        lane: Lane = request.cb_kwargs["lane"]
        row: sqlite3.Row = request.cb_kwargs["row"]
        assert failure.value is not None
        if is_answer(failure.value):
            self._spider.network.reached()
            self._blame(lane, row, request.url, failure.value)
        else:
            self._spider.network.hold(partial(self._settle, lane, row, request.url, failure.value))
        self._spider.drive.wake()

    def _settle(
        self, lane: Lane, row: sqlite3.Row, url: str, error: BaseException, blamed: bool
    ) -> None:
        if blamed:
            self._blame(lane, row, url, error)
        else:
            lane.give_back(row["id"])

    def _blame(self, lane: Lane, row: sqlite3.Row, url: str, error: BaseException) -> None:
        """Hold a failure against a page."""
        detail = without_keys(f"{type(error).__name__}: {error}")[:300]
        with self._spider.stop.unless_written():
            until = lane.answered(row["id"], PageVerdict.FAILED, None)
            if isinstance(error, Refused) and error.outcome == Outcome.ROBOTS:
                lane.closed = detail = f"its robots.txt does not allow {url}"
            self._postpone(row, PageVerdict.FAILED, detail, until)
            self._spider.health.page(
                lane, PageVerdict.FAILED, detail, None, self._spider.arguments.store
            )

    def _postpone(self, row: sqlite3.Row, verdict: PageVerdict, detail: str, until: float) -> None:
        """Leave a row unasked; after its last try it is `failed`."""
        costs = verdict == PageVerdict.FAILED
        if costs and row["tries"] + 1 >= MAX_TRIES:
            self._spider.give_up(row, detail)
        else:
            self._spider.rows.postpone(row["id"], f"{verdict}: {detail}", until, costs)
