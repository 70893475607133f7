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
from contextlib import ExitStack, contextmanager, suppress
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
from carscrape.health import Health
from carscrape.items import (
    FINISHED_PAGE,
    MAX_TRIES,
    HitCount,
    ImageResult,
    Outcome,
    PageVerdict,
)
from carscrape.lanes import Lane
from carscrape.ledger import Ledger
from carscrape.manners import retry_after
from carscrape.store import StoreError
from carscrape.tally import Tally

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

abandon = object()
"""Signal: let go of what is in flight; the ledger still holds it as not asked."""

USAGE, UNWRITABLE = 2, 74  # exit codes
STORE_UNWRITABLE = "store_unwritable"  # a reason to stop
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
        self.health = Health()
        self.exit_code: int | None = None  # set where the run failed before it began
        self.run = 0
        self.wake = asyncio.Event()
        self._resources = ExitStack()
        self._stopping = ""  # why, once something made us stop
        self._watch: asyncio.Task[None] | None = None

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        engines = [load_engine(name) for name in engine_names()]
        slots = {
            f"engine:{engine.name}": {"concurrency": 2, "delay": engine.delay, "jitter": 0.5}
            for engine in engines
        }
        settings.set("DOWNLOAD_SLOTS", {**slots, **settings.getdict("DOWNLOAD_SLOTS")}, "spider")
        if not settings.get("USER_AGENT"):
            contact = settings.get("CONTACT") or "no contact given"
            agent = f"carscrape/0.1 (image dataset crawler; {contact})"
            settings.set("USER_AGENT", agent, "spider")

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
        except DemoError as error:
            self._fail(error, 1)
        except StoreError as error:
            self._fail(error, UNWRITABLE)
        except (OSError, sqlite3.Error) as error:
            self._fail(f"cannot write the store {self.settings['STORE']}: {error}", UNWRITABLE)
        _open_many_files()
        if not self.settings.get("CONTACT") and not self.arguments.uses_demo:
            self.logger.warning(
                "nobody can reach you: set CARSCRAPE_CONTACT (or -s CONTACT=...) to an address"
            )
        self._watch = asyncio.ensure_future(self._watch_for_stop())
        yield Request(f"{SCHEME}due", callback=self.feed, dont_filter=True)

    async def _watch_for_stop(self) -> None:
        """Abandon what is in flight when a stop has taken long enough."""
        assert self.crawler.engine
        while not self.crawler.engine.needs_backout():
            await asyncio.sleep(_LOOK_AGAIN)
        await asyncio.sleep(self.settings.getfloat("STOP_GRACE"))
        self.crawler.signals.send_catch_log(abandon)

    def _fail(self, error: Exception | str, exit_code: int) -> None:
        self.logger.error("%s", error)
        self.exit_code = exit_code
        raise CloseSpider("not_started")

    def _open(self) -> None:
        self.arguments = read_arguments(self.given, self.settings, self.counts_hits)
        store = self.arguments.store
        store.create()
        if self.arguments.replaces_recipe:
            self.logger.warning("the recipe changed: queries of the earlier one stay in the store")
        self.ledger = Ledger(store.ledger_path(self.arguments.ledger_name))
        self._resources.callback(self.ledger.close)
        self.arguments.recipe.save(store.root)
        if self.arguments.uses_demo:
            self._open_demo()
        self.ledger.reopen(self.table)
        self.plan()
        self.lanes = [
            Lane(engine, self.ledger, self.due, self.settings.getfloat("RETRY_DELAY"))
            for engine in self.arguments.engines
        ]
        versions = {name: version(name) for name in ("scrapy", "twisted", "pillow")}
        versions["python"] = sys.version.split()[0]
        # Last: a run that has a row has all that its conclusion needs.
        self.run = self.ledger.start_run(self.name, self.given, versions)

    def _open_demo(self) -> None:
        demo = DemoWeb.open(self.ledger, self.settings, self.arguments.demo_port)
        self._resources.callback(demo.close)
        self.loopback = demo.addresses
        self.arguments.engines[0].port = demo.port  # type: ignore[attr-defined]

    # --- feeding

    async def feed(self, response: Response) -> AsyncIterator[ImageResult | Request]:
        """Hand out what is due until nothing is due soon."""
        assert self.crawler.engine
        while not (self._stopping or self.crawler.engine.needs_backout()):
            self.wake.clear()
            gave = False
            with self.writing():
                for thing in self.give(time.time()):
                    gave = True
                    yield thing
                if not gave:
                    wait = self._seconds_until_due()
                    if wait is None:
                        return
                    await self._wait(wait)

    def _seconds_until_due(self) -> float | None:
        """How long to wait before looking again; None if that would take too long."""
        if self.is_busy():
            return _LOOK_AGAIN
        now = time.time()
        due = min(self.next_due(), default=None)
        if due is None or due > now + self.settings.getfloat("PATIENCE"):
            return None
        return min(max(due - now, 0.0), _LOOK_AGAIN)

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
        with self.writing():
            verdict, detail, items = self._read(lane, row, response)
            wait = retry_after(response.headers, time.time())
            until = lane.answered(row["id"], verdict, wait)
            if verdict in UNFINISHED:
                self._postpone(row, verdict, detail, until)
            self.health.page(lane, verdict, detail, response, self.arguments.store)
            self.wake.set()
            yield from items

    def _read(
        self, lane: Lane, row: sqlite3.Row, response: Response
    ) -> tuple[PageVerdict, str, list[HitCount]]:
        try:
            return self.answer(lane, row, response)
        except (sqlite3.Error, OSError):
            raise
        except Exception as error:  # a reader's bug costs its page, and never the whole crawl
            self.logger.exception("bug in the engine %s at %s", lane.engine.name, response.url)
            self.health.complain(f"a bug in the engine {lane.engine.name}: see the traceback")
            return PageVerdict.FAILED, f"bug: {type(error).__name__}", []

    def page_failed(self, failure: Failure) -> None:
        """Take a page that did not arrive."""
        request: Request = failure.request  # type: ignore[attr-defined]
        lane: Lane = request.cb_kwargs["lane"]
        row: sqlite3.Row = request.cb_kwargs["row"]
        error = failure.value
        detail = f"{type(error).__name__}: {error}"[:300]
        with self.writing():
            until = lane.answered(row["id"], PageVerdict.FAILED, None)
            if isinstance(error, Refused) and error.outcome == Outcome.ROBOTS:
                lane.closed = detail = f"its robots.txt does not allow {request.url}"
            self._postpone(row, PageVerdict.FAILED, detail, until)
            self.health.page(lane, PageVerdict.FAILED, detail, None, self.arguments.store)
            self.wake.set()

    def _postpone(self, row: sqlite3.Row, verdict: PageVerdict, detail: str, until: float) -> None:
        """Leave a row unasked; after its last try it is `failed`."""
        costs = verdict == PageVerdict.FAILED
        if costs and row["tries"] + 1 >= MAX_TRIES:
            self.give_up(row, detail)
        else:
            self.ledger.postpone(self.table, row["id"], f"{verdict}: {detail}", until, costs)

    # --- stopping

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Stop the crawl where the store cannot be written: all that follows would be lost."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            self.stop(STORE_UNWRITABLE, f"cannot write {self.arguments.store.root}: {error}")

    def stop(self, reason: str, why: str) -> None:
        """End the run early; says why once."""
        if not self._stopping:
            self._stopping = reason
            self.health.complain(why)
            assert self.crawler.engine
            self._closing = asyncio.ensure_future(
                self.crawler.engine.close_spider_async(reason=reason)
            )

    # --- concluding

    def settle(self) -> None:
        """Write what is left to write, however the run ends."""

    def conclude(self) -> int:
        """Say whether the result is credible; returns the exit code."""
        for verdict in sorted(set(PageVerdict) - FINISHED_PAGE):
            count = self._rows_with(verdict)
            if count:
                self.health.complain(f"{count} pages are {verdict}; run again to ask them again")
        for lane in self.lanes:
            count = self.ledger.unasked(self.table, lane.engine.name)
            if count:
                name = lane.engine.name
                self.health.complain(
                    f"{count} pages of {name} are not asked yet; run again to go on"
                )
        return 1 if self.health.complaints else 0

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
        if self._watch:
            self._watch.cancel()
        self._resources.close()


def _open_many_files() -> None:
    """Allow as many open files as the system does: idle connections are kept for minutes."""
    if resource is not None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
