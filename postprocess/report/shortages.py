"""Labels with too few images, and where more of them are cheapest."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from carscrape.store import Store
from postprocess.report.engines import EngineHealth
from postprocess.report.offers import Asked, Offer, offer, read_asked

FEW = 20
LISTED = 12


@dataclass(frozen=True)
class Shortage:
    """A label with too few kept images."""

    label: str
    kept: int
    best: Offer | None  # None where no engine of this store has more
    others: int  # further queries and engines that may have more


@dataclass(frozen=True)
class Shortages:
    """The labels with fewer kept images than `wanted`, the one with the fewest first."""

    wanted: int  # images, of every label
    least: int  # `FEW`
    listed: Sequence[Shortage]
    total: int
    without: int  # labels of these for which no engine of this store has more
    waiting: int  # pages of any label that a crawl goes on with anyway


def read_shortages(
    store: Store, kept: Mapping[str, int], engines: Sequence[EngineHealth]
) -> Shortages:
    """Find the labels that are short of images.

    Args:
        kept: label -> kept images that bear it.

    Raises:
        StoreError: a ledger cannot be read.
    """
    asked: defaultdict[str, list[Asked]] = defaultdict(list)
    waiting = 0
    for query in read_asked(store, [engine.share.name for engine in engines]):
        asked[query.label].append(query)
        waiting += query.unasked
    wanted = enough(kept.get(label, 0) for label in asked)
    short = sorted((kept.get(label, 0), label) for label in asked if kept.get(label, 0) < wanted)
    found = [_shortage(store, label, n, wanted, asked[label], engines) for n, label in short]
    without = sum(shortage.best is None for shortage in found)
    return Shortages(wanted, FEW, found[:LISTED], len(found), without, waiting)


def enough(kept: Iterable[int]) -> int:
    """How many images a label needs at least: `FEW`, or half of the median."""
    return max(FEW, ceil(median([*kept] or [0]) / 2))


def _shortage(
    store: Store,
    label: str,
    kept: int,
    wanted: int,
    asked: Sequence[Asked],
    engines: Sequence[EngineHealth],
) -> Shortage:
    offers = [
        found
        for query in asked
        for engine in engines
        if (found := offer(store, query, engine, wanted - kept))
    ]
    best = min(offers, key=lambda each: each.cost, default=None)
    return Shortage(label, kept, best, max(len(offers) - 1, 0))
