"""What a crawl will ask, and how long that takes, counted before its first request."""

import math
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from scrapy.settings import BaseSettings

from carscrape.arguments import Arguments
from carscrape.engines.base import Engine
from carscrape.seen import Progress, Seen, see

HOSTS = 100  # an example: how many hosts hold the images, nobody can know before
MEAN_BYTES = 110_000  # of a photo on the web


@dataclass
class EnginePlan:
    """What one engine is asked: queries and their pages, or phrases of one page each."""

    engine: str
    delay: float  # seconds from one request to the next
    pages_each: int  # of a query, where pages are full and repeat nothing
    most_pages_each: int  # no more are asked, whatever they hold
    images_each: int  # of a query, at most
    asked: int = 0  # queries or phrases
    finished: int = 0
    begun: int = 0  # known to the ledger, and not finished
    requests: int = 0  # left, where pages are full
    images: int = 0  # left, at most
    others: int = 0  # requests that the ledger holds of earlier plans

    @classmethod
    def of_images(cls, engine: Engine, per_query: int) -> "EnginePlan":
        """Nothing asked yet of an engine that finds images."""
        most = math.ceil(engine.max_results / engine.page_size)
        images = min(per_query, most * engine.page_size)
        pages = math.ceil(images / engine.page_size)
        return cls(engine.name, engine.delay, pages, most, images)

    @classmethod
    def of_hits(cls, engine: Engine) -> "EnginePlan":
        """Nothing asked yet of an engine that counts hits."""
        return cls(engine.name, engine.delay, 1, 1, 0)

    @property
    def seconds(self) -> float:
        """How long its requests take."""
        return (self.requests + self.others) * self.delay

    def add(self, known: Progress) -> int:
        """Count a query or phrase; returns how many rows of it any run would ask."""
        self.asked += 1
        if known.pages and known.pages == known.finished:
            self.finished += 1
            return 0
        self.begun += bool(known.pages)
        self.requests += max(self.pages_each - known.finished, 1)
        self.images += max(self.images_each - known.images, 0)
        return known.unasked


@dataclass
class Plan:
    """What a whole crawl is asked to do, and what its store holds already."""

    engines: list[EnginePlan] = field(default_factory=list)
    stored: int = 0  # images
    stored_bytes: int = 0
    waiting: int = 0  # images whose URL is known and that are to be downloaded
    seconds_per_image: float = 0.0  # of one host

    @property
    def images(self) -> int:
        """To be downloaded, at most."""
        return sum(each.images for each in self.engines) + self.waiting

    @property
    def seconds(self) -> float:
        """How long the engines are asked: side by side, so as long as the slowest."""
        return max(each.seconds for each in self.engines)

    @property
    def download_seconds(self) -> float:
        """How long the downloads take from `HOSTS` hosts that hold equally many, at least."""
        return self.images * self.seconds_per_image / HOSTS

    @property
    def record(self) -> dict[str, Any]:
        """All of it, for programs."""
        return {
            **asdict(self),
            "engines": [{**asdict(each), "seconds": each.seconds} for each in self.engines],
            "requests": sum(each.requests + each.others for each in self.engines),
            "seconds": self.seconds,
            "images": self.images,
            "bytes": self.images * MEAN_BYTES,
            "mean_bytes": MEAN_BYTES,
            "hosts": HOSTS,
            "download_seconds": self.download_seconds,
        }


def make_plan(arguments: Arguments, settings: BaseSettings, counts_hits: bool) -> Plan:
    """Count what a crawl with these arguments will ask.

    Raises:
        StoreError: the store's ledger cannot be read.
    """
    ledger = arguments.store.ledger_path(arguments.ledger_name)
    with see(ledger, arguments.per_query) as seen:
        if counts_hits:
            return Plan(_plan_hits(arguments, seen))
        delay = settings.getfloat("DOWNLOAD_DELAY")
        return Plan(_plan_images(arguments, seen), *seen.images(), seconds_per_image=delay)


def _plan_images(arguments: Arguments, seen: Seen) -> list[EnginePlan]:
    plans = [EnginePlan.of_images(each, arguments.per_query) for each in arguments.engines]
    to_ask = dict.fromkeys((plan.engine for plan in plans), 0)
    for query in arguments.queries():
        for plan in plans:
            to_ask[plan.engine] += plan.add(seen.query(plan.engine, query.id))
    return _with_others(plans, to_ask, seen, "page")


def _plan_hits(arguments: Arguments, seen: Seen) -> list[EnginePlan]:
    plans = {each.name: EnginePlan.of_hits(each) for each in arguments.engines}
    to_ask = dict.fromkeys(plans, 0)
    today = datetime.now(UTC).date().isoformat()
    day = today if arguments.again else seen.last_day() or today
    for hit in arguments.hit_counts(day):
        to_ask[hit.engine] += plans[hit.engine].add(seen.phrase(hit))
    return _with_others(list(plans.values()), to_ask, seen, "hit")


def _with_others(
    plans: list[EnginePlan], to_ask: dict[str, int], seen: Seen, table: str
) -> list[EnginePlan]:
    """Add what the ledger holds beside this plan: the next run asks that, too."""
    for plan in plans:
        plan.others = seen.to_ask(table, plan.engine) - to_ask[plan.engine]
    return plans
