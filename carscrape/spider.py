"""What both spiders share: they open a ledger, ask what is due in it, and conclude.

One internal request drives everything. Its callback `feed` is pulled by Scrapy only as earlier
items finish, which bounds what is open; items yielded from `start()` would not be bounded, and
would keep a graceful stop from ever ending (Scrapy 2.19).
"""

import asyncio
import sqlite3
import sys
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any, ClassVar

from scrapy import Request, Spider
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from carscrape.arguments import ArgumentError, Arguments, read_arguments
from carscrape.demo.child import DemoError, DemoWeb
from carscrape.engines.base import engine_names, load_engine
from carscrape.feeder import SCHEME
from carscrape.guard import Refused
from carscrape.items import MAX_TRIES, HitCount, ImageResult, Outcome, PageVerdict
from carscrape.lanes import Lane
from carscrape.ledger import Ledger
from carscrape.manners import NETWORK_ERRORS, retry_after
from carscrape.store import StoreError
from carscrape.tally import Tally

USAGE, UNWRITABLE = 2, 74  # exit codes
UNFINISHED = frozenset({PageVerdict.BLOCKED, PageVerdict.FAILED})
"""Verdicts of a page that will be asked again in this run, after a pause."""
_LOOK_AGAIN = 0.2  # seconds; so soon an ended image is committed and its host asked for more


class LedgerSpider(Spider):
    """A spider whose every request and result is a row of a ledger."""

    counts_hits: ClassVar[bool]
    arguments: Arguments
    ledger: Ledger
    lanes: list[Lane]
    tally: Tally

    def __init__(self, **given: str) -> None:
        super().__init__()
        self.given = given
        self.loopback: frozenset[tuple[str, int]] = frozenset()  # read by the guard
        self.complaints: list[str] = []
        self.exit_code: int | None = None  # set where the run failed before it began
        self.run = 0
        self.wake = asyncio.Event()
        self._resources = ExitStack()
        self._closed_lanes: list[Lane] = []

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        engines = [load_engine(name) for name in engine_names()]
        slots = {
            f"engine:{engine.name}": {"concurrency": 2, "delay": engine.delay, "jitter": 0.5}
            for engine in engines
        }
        settings.set("DOWNLOAD_SLOTS", {**slots, **settings.getdict("DOWNLOAD_SLOTS")}, "spider")

    # --- what a subclass says

    @abstractmethod
    def plan(self) -> None:
        """Write what is to be asked into the ledger; set `tally`."""

    @abstractmethod
    def due(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """Rows an engine may be asked now."""

    @abstractmethod
    def request_of(self, lane: Lane, row: sqlite3.Row) -> Request:
        """Build the request that asks a row."""

    @abstractmethod
    def answer(
        self, lane: Lane, row: sqlite3.Row, response: Response
    ) -> tuple[PageVerdict, str, list[HitCount]]:
        """Read a response and write it into the ledger; returns verdict, detail and items.

        `blocked` and `failed` are not written here: `_postpone` leaves the row unasked.
        """

    @abstractmethod
    def give_up(self, row: sqlite3.Row, detail: str) -> None:
        """Write a row as `failed` after its last try."""

    table: ClassVar[str]  # of the rows that are asked

    # --- opening

    async def start(self) -> AsyncIterator[Any]:
        """Open everything and start the feed."""
        try:
            self._open()
        except ArgumentError as error:
            self._fail(error, USAGE)
        except (StoreError, DemoError) as error:
            self._fail(error, UNWRITABLE)
        except OSError as error:
            self._fail(f"cannot write {error.filename}: {error.strerror}", UNWRITABLE)
        yield Request(f"{SCHEME}due", callback=self.feed, dont_filter=True)

    def _fail(self, error: Exception | str, exit_code: int) -> None:
        self.logger.error("%s", error)
        self.exit_code = exit_code
        raise CloseSpider("not_started")

    def _open(self) -> None:
        self.arguments = read_arguments(self.given, self.settings, self.counts_hits)
        store = self.arguments.store
        store.create()
        self.ledger = Ledger(store.ledger_path(self.arguments.ledger_name))
        self._resources.callback(self.ledger.close)
        self.arguments.recipe.save(store.root)
        if self.arguments.uses_demo:
            self._open_demo()
        versions = {name: version(name) for name in ("scrapy", "twisted", "pillow")}
        versions["python"] = sys.version.split()[0]
        self.ledger.reopen(self.table)
        self.run = self.ledger.start_run(self.name, self.given, versions)
        self.plan()
        self.lanes = [
            Lane(engine, self.ledger, self.due, self.settings.getfloat("RETRY_DELAY"))
            for engine in self.arguments.engines
        ]

    def _open_demo(self) -> None:
        demo = DemoWeb.open(self.ledger, self.settings, self.arguments.demo_port)
        self._resources.callback(demo.close)
        self.loopback = demo.addresses
        self.arguments.engines[0].port = demo.port  # type: ignore[attr-defined]

    # --- feeding

    async def feed(self, response: Response) -> AsyncIterator[ImageResult | Request]:
        """Hand out what is due until nothing is due soon."""
        assert self.crawler.engine
        patience = self.settings.getfloat("PATIENCE")
        while not self.crawler.engine.needs_backout():
            self.wake.clear()
            gave = False
            for thing in self.give(time.time()):
                gave = True
                yield thing
            if gave:
                continue
            wait = _LOOK_AGAIN
            if not self.is_busy():
                due = min(self.next_due(), default=None)
                if due is None or due > time.time() + patience:
                    return
                wait = min(max(due - time.time(), 0.0), wait)
            await self._wait(wait)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.wake.wait(), seconds)
        except TimeoutError:
            return

    def give(self, now: float) -> Iterator[ImageResult | Request]:
        """What may be asked now."""
        for lane in self.lanes:
            for row in lane.take(now):
                yield self.request_of(lane, row).replace(
                    callback=self.parse_page,
                    errback=self.page_failed,
                    cb_kwargs={"lane": lane, "row": row},
                    meta={"download_slot": lane.slot, "handle_httpstatus_all": True},
                    dont_filter=True,
                )

    def next_due(self) -> list[float]:
        """Times (Unix) at which something will be due."""
        return [due for lane in self.lanes if (due := lane.resumes()) is not None]

    def is_busy(self) -> bool:
        """Whether something asked has not come back."""
        return any(lane.open for lane in self.lanes)

    # --- answers

    def parse_page(self, response: Response, lane: Lane, row: sqlite3.Row) -> Iterator[HitCount]:
        """Read a page of an engine; what it says goes into the ledger."""
        verdict, detail, items = self.answer(lane, row, response)
        wait = retry_after(response.headers, time.time())
        until = lane.answered(row["id"], verdict, wait)
        if verdict in UNFINISHED:
            self._postpone(row, verdict, detail, until)
        self._remark(lane, verdict, detail, response)
        yield from items
        self.wake.set()

    def page_failed(self, failure: Failure) -> None:
        """Take a page that did not arrive."""
        request: Request = failure.request  # type: ignore[attr-defined]
        lane: Lane = request.cb_kwargs["lane"]
        row: sqlite3.Row = request.cb_kwargs["row"]
        error = failure.value
        if not isinstance(error, NETWORK_ERRORS):
            failure.raiseException()
        detail = f"{type(error).__name__}: {error}"[:300]
        until = lane.answered(row["id"], PageVerdict.FAILED, None)
        if isinstance(error, Refused) and error.outcome == Outcome.ROBOTS:
            lane.closed = detail = f"its robots.txt does not allow {request.url}"
        self._postpone(row, PageVerdict.FAILED, detail, until)
        self._remark(lane, PageVerdict.FAILED, detail, None)
        self.wake.set()

    def _postpone(self, row: sqlite3.Row, verdict: PageVerdict, detail: str, until: float) -> None:
        """Leave a row unasked; after its last try it is `failed`."""
        costs = verdict == PageVerdict.FAILED
        if costs and row["tries"] + 1 >= MAX_TRIES:
            self.give_up(row, detail)
        else:
            self.ledger.postpone(self.table, row["id"], f"{verdict}: {detail}", until, costs)

    def _remark(
        self, lane: Lane, verdict: PageVerdict, detail: str, response: Response | None
    ) -> None:
        """Count a verdict; keep and name the first page of each kind that needs a look."""
        self.tally.verdicts[verdict] += 1
        name = lane.engine.name
        kept = ""
        if response and verdict in (PageVerdict.BLOCKED, PageVerdict.LAYOUT_UNKNOWN):
            store = self.arguments.store
            kept = f", kept as {store.keep_evidence(f'{name}-{verdict}', response.body, '.html')}"
        if verdict not in (PageVerdict.RESULTS, PageVerdict.NO_RESULTS, PageVerdict.EXHAUSTED):
            level = self.logger.warning if self.tally.verdicts[verdict] == 1 else self.logger.debug
            level("%s: page is %s (%s)%s", name, verdict, detail, kept)
        if lane.closed and lane not in self._closed_lanes:
            self._closed_lanes.append(lane)
            self.complain(f"{name} is not asked any more in this run: {lane.closed}")

    # --- concluding

    def complain(self, line: str) -> None:
        """Remember and log what makes the result not credible."""
        self.complaints.append(line)
        self.logger.error("%s", line)

    def conclude(self) -> int:
        """Say whether the result is credible; returns the exit code."""
        for verdict in (PageVerdict.LAYOUT_UNKNOWN, PageVerdict.FAILED, PageVerdict.REWRITTEN):
            count = self._rows_with(verdict)
            if count:
                self.complain(f"{count} pages are {verdict}; run again to ask them again")
        return 1 if self.complaints else 0

    def _rows_with(self, verdict: PageVerdict) -> int:
        sql = f"select count(*) from {self.table} where verdict = ?"  # noqa: S608
        ((count,),) = self.ledger.tally(sql, (verdict,))
        return int(count)

    @abstractmethod
    def summary(self) -> list[tuple[str, int]]:
        """What the ledger holds now, as lines of the table a run ends with."""

    @abstractmethod
    def advice(self) -> list[str]:
        """What to do next, a sentence a line."""

    def close_everything(self) -> None:
        """Close the ledger and end the demo web."""
        self._resources.close()
