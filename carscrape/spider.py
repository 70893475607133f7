"""What both spiders share: they open a ledger, ask what is due in it, and conclude."""

import sqlite3
import sys
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings

from carscrape.answers import Answers
from carscrape.argument_values import ArgumentError
from carscrape.arguments import Arguments, read_arguments
from carscrape.demo.child import DemoError, DemoWeb
from carscrape.drive import Drive
from carscrape.engines.base import DemoEngine, engine_names, load_engine
from carscrape.health import Health
from carscrape.items import HitCount, ImageResult, PageVerdict
from carscrape.lanes import Lane
from carscrape.ledger import Ledger
from carscrape.ledger.asked import AskedRows
from carscrape.network import Network
from carscrape.open_files import allow_many_files
from carscrape.robots import API
from carscrape.stopping import UNWRITABLE, USAGE, Stop
from carscrape.store import StoreError
from carscrape.tally import Tally

if TYPE_CHECKING:
    from carscrape.remote.keeper import Keeper
    from carscrape.remote.tending import RemoteCopy


class LedgerSpider(Spider):
    """A spider whose every request and result is a row of a ledger."""

    counts_hits: ClassVar[bool]
    arguments: Arguments
    ledger: Ledger
    rows: AskedRows  # of the ledger, that the engines are asked
    stop: Stop
    answers: Answers
    drive: Drive
    network: Network
    lanes: list[Lane]
    tally: Tally

    def __init__(self, **given: str) -> None:
        super().__init__()
        self.given = given
        self.loopback: frozenset[tuple[str, int]] = frozenset()  # read by the guard
        self.own_addresses: frozenset[tuple[str, int]] = frozenset()  # read by the guard
        self.health = Health()
        self.exit_code: int | None = None  # set where the run failed before it began
        self.run = 0
        self.remote_copy: RemoteCopy | None = None
        self._resources = ExitStack()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.stop = Stop(crawler, spider.health)
        spider.answers = Answers(spider)
        spider.drive = Drive(spider)
        return spider

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

    def read_arguments(self) -> Arguments:
        """What was asked for.

        Raises:
            ArgumentError: it cannot be meant.
        """
        return read_arguments(self.given, self.settings, self.counts_hits)

    @abstractmethod
    def plan(self) -> None:
        """Write what is to be asked into the ledger; set `rows` and `tally`."""

    @abstractmethod
    def request_of(self, lane: Lane, row: sqlite3.Row) -> Request:
        """Build the request that asks a row."""

    @abstractmethod
    def answer(
        self, lane: Lane, row: sqlite3.Row, response: Response
    ) -> tuple[PageVerdict, str, list[HitCount]]:
        """Read a response and write it into the ledger; returns verdict, detail and items.

        `blocked` and `failed` are not written here: `Answers` leaves the row unasked.
        """

    @abstractmethod
    def give_up(self, row: sqlite3.Row, detail: str) -> None:
        """Write a row as `failed` after its last try."""

    # --- opening

    async def start(self) -> AsyncIterator[Any]:
        """Open everything and start the drive."""
        try:
            self.arguments = self.read_arguments()
            self._open(await self._take_shard())
        except ArgumentError as error:
            self._fail(error, USAGE)
        except DemoError as error:
            self._fail(error, 1)
        except StoreError as error:
            self._fail(error, UNWRITABLE)
        except (OSError, sqlite3.Error) as error:
            self._fail(f"cannot write the store {self.settings['STORE']}: {error}", UNWRITABLE)
        allow_many_files()
        if not self.settings.get("CONTACT") and not self.arguments.uses_demo:
            self.logger.warning(
                "nobody can reach you: set CARSCRAPE_CONTACT (or -s CONTACT=...) to an address"
            )
        for engine in self.arguments.engines:
            if engine.is_opt_in:
                self.logger.warning("terms of %s, yours to keep: %s", engine.name, engine.terms)
        self.stop.watch(self.settings.getfloat("STOP_GRACE"))
        if self.remote_copy:
            self.remote_copy.begin()
        yield self.drive.request()

    def _fail(self, error: Exception | str, exit_code: int) -> None:
        self.health.complain(str(error))
        self.exit_code = exit_code
        raise CloseSpider("not_started")

    async def _take_shard(self) -> "Keeper | None":
        if not self.settings["REMOTE_STORE"]:
            return None
        # Not at the top: it needs packages that nobody else does.
        from carscrape.remote.tending import RemoteCopy

        self.remote_copy = RemoteCopy(self.settings, self.arguments, self.stop)
        return await self.remote_copy.take()

    def _open(self, keeper: "Keeper | None") -> None:
        store = self.arguments.store
        store.create()
        if self.arguments.replaces_recipe:
            self.logger.warning("the recipe changed: queries of the earlier one stay in the store")
        self.ledger = Ledger(store.ledger_path(self.arguments.ledger_name))
        self._resources.callback(self.ledger.close)
        if keeper:
            keeper.mark(self.ledger)
        # What another node stored does not lie here, and need not.
        torn = 0 if keeper and keeper.fetched else self.ledger.forget_torn_images()
        if torn:
            self.logger.warning("%d images were torn by a power cut: they are asked again", torn)
        self.arguments.recipe.save(store.root)
        if self.arguments.uses_demo:
            self._open_demo()
        self.own_addresses = frozenset(
            engine.own_address for engine in self.arguments.engines if engine.own_address
        )
        self.plan()
        self.rows.reopen()
        self.lanes = [
            Lane(engine, self.rows, self.ledger.hosts, self.settings.getfloat("RETRY_DELAY"))
            for engine in self.arguments.engines
        ]
        self.network = Network(self.crawler, self._homes())
        versions = {name: version(name) for name in ("scrapy", "twisted", "pillow")}
        versions["python"] = sys.version.split()[0]
        # Last: a run that has a row has all that its conclusion needs.
        self.run = self.ledger.start_run(self.name, self.given, versions)

    def sample_requests(self) -> list[Request]:
        """One request to each engine, as it would be asked."""
        return [
            engine.hits_request("a")
            if self.counts_hits or not engine.finds_images
            else engine.image_request("a")
            for engine in self.arguments.engines
        ]

    def _homes(self) -> list[str]:
        """Where the engines are asked."""
        urls = [urlsplit(request.url) for request in self.sample_requests()]
        return [f"{url.scheme}://{url.netloc}" for url in urls]

    def _open_demo(self) -> None:
        demo = DemoWeb.open(self.ledger, self.settings, self.arguments.demo_port)
        self._resources.callback(demo.close)
        self.loopback = demo.addresses
        for engine in self.arguments.engines:
            assert isinstance(engine, DemoEngine)
            engine.port = demo.port

    # --- asking

    def give(self, now: float) -> Iterator[ImageResult | Request]:
        """What may be asked now."""
        for lane in self.lanes:
            for row in lane.take(now):
                request = self.request_of(lane, row)
                meta = {"download_slot": lane.slot, "handle_httpstatus_all": True}
                if lane.engine.is_api:
                    meta[API] = True
                yield request.replace(
                    callback=self.answers.arrived,
                    errback=self.answers.failed,
                    cb_kwargs={"lane": lane, "row": row},
                    meta={**request.meta, **meta},
                    dont_filter=True,
                )

    def next_due(self) -> list[float]:
        """Times (Unix) at which something will be due."""
        return [due for lane in self.lanes if (due := lane.next_due()) is not None]

    def open(self) -> int:
        """How much that was asked has not come back, or was not written yet."""
        return sum(lane.open for lane in self.lanes)

    # --- concluding

    def settle(self) -> None:
        """Write what is left to write, however the run ends."""

    def conclude(self) -> int:
        """Say whether the result is credible; returns the exit code."""
        for engine, verdict, count in self.rows.unfinished():
            self.health.complain(
                f"{engine}: {count} pages are {verdict}; run again to ask them again"
            )
        for lane in self.lanes:
            count = self.rows.unasked(lane.engine.name)
            if count:
                self.health.unasked(lane, count)
        return 1 if self.health.complaints else 0

    @abstractmethod
    def summary(self) -> list[tuple[str, int]]:
        """What the ledger holds now, as lines of the table a run ends with."""

    @abstractmethod
    def advice(self) -> list[str]:
        """What to do next, a sentence a line."""

    def close_everything(self) -> None:
        """Close the ledger and end the demo web."""
        self.stop.end_watch()
        self._resources.close()
