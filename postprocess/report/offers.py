"""What an engine may still have for a query, what that costs, and the command that asks it."""

import json
import shlex
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from math import ceil, inf

from carscrape.items import FINISHED_PAGE
from carscrape.recipe import shard_of
from carscrape.store import Store
from postprocess.adopt.brought import ENGINE as BROUGHT
from postprocess.adopt.ledgers import ENGINE as ADOPTED
from postprocess.labels import label_of
from postprocess.report.engines import EngineHealth
from postprocess.visible import visible

_FINISHED = ", ".join(f"'{verdict}'" for verdict in sorted(FINISHED_PAGE))
_ASKED = f"""
select query.*, page.engine as engine, count(page.id) as pages, max(page.capped) as capped,
       sum(page.verdict is null) as unasked,
       sum(page.verdict not in ({_FINISHED})) as failed,
       sum(coalesce(page.found - page.repeats, 0)) as images
from query left join page on page.query = query.id
group by query.id, page.engine
"""  # noqa: S608
_NO_ENGINES = {ADOPTED, BROUGHT}  # nobody can be asked for more of what was brought
_MARGIN = 10  # images; a number to ask for is rounded up to a multiple of it
_GUESS = 0.25  # of an engine's results that are kept, where none was so far


@dataclass(frozen=True)
class Progress:
    """How far one engine was asked one query."""

    pages: int = 0
    unasked: int = 0
    failed: int = 0  # pages that a run asks again
    capped: int = 0  # it had more images than these; 0: it had not
    images: int = 0


@dataclass(frozen=True)
class Asked:
    """A query, and how far each engine was asked it."""

    id: str
    text: str
    attributes: Mapping[str, str]
    filters: Mapping[str, str]
    engines: dict[str, Progress] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The label that its images get."""
        return label_of(dict(self.attributes))

    @property
    def unasked(self) -> int:
        """Pages that are not asked yet."""
        return sum(progress.unasked for progress in self.engines.values())


@dataclass(frozen=True)
class Offer:
    """What one more run could bring."""

    engine: str
    query: str
    why: str  # there may be more
    pages: int | None  # to be asked, about; None where nobody can tell
    command: str
    in_trouble: bool  # the engine blocks or fails

    @property
    def cost(self) -> tuple[bool, float, str, str]:
        """By which the cheapest comes first, and engines in trouble last."""
        pages = inf if self.pages is None else self.pages
        return self.in_trouble, pages, self.engine, self.query


def read_asked(store: Store, engines: Collection[str]) -> Iterator[Asked]:
    """The queries of every ledger, with what these engines were asked.

    Raises:
        StoreError: a ledger cannot be read.
    """
    queries: dict[str, Asked] = {}
    for row in store.rows(_ASKED):
        query = queries.setdefault(row["id"], _asked(row))
        if row["engine"] in engines:
            numbers = {each.name: row[each.name] or 0 for each in fields(Progress)}
            query.engines[row["engine"]] = Progress(**numbers)
    yield from queries.values()


def _asked(row: sqlite3.Row) -> Asked:
    filters = row["filters"] if "filters" in row.keys() else "{}"  # noqa: SIM118
    return Asked(row["id"], row["text"], json.loads(row["attributes"]), json.loads(filters))


def offer(store: Store, query: Asked, engine: EngineHealth, missing: int) -> Offer | None:
    """What an engine may still have for a query; None where it has nothing more.

    Args:
        missing: kept images that are wanted.
    """
    name = engine.share.name
    progress = query.engines.get(name, Progress())
    why = _why(progress)
    if not why or name in _NO_ENGINES:
        return None
    pages = ceil(missing / engine.kept_per_page) if engine.kept_per_page else None
    wanted = progress.images + ceil(missing / (engine.kept_of_results or _GUESS))
    per_query = _MARGIN * ceil(max(wanted, progress.capped + 1) / _MARGIN)
    command = _command(store, query, name, per_query)
    return Offer(name, query.text, why, pages, command, engine.is_in_trouble)


def _why(progress: Progress) -> str:
    """Why there may be more; "" if there is not."""
    if not progress.pages:
        return "was never asked for it"
    if progress.unasked:
        return f"has not been asked for page {progress.pages - progress.unasked + 1} yet"
    if progress.failed:
        return "did not answer properly when it was asked"
    return f"had more than the {progress.capped:,} asked for" if progress.capped else ""


def _command(store: Store, query: Asked, engine: str, per_query: int) -> str:
    given = {"engines": engine}
    given |= {f"{name}s": value for name, value in query.attributes.items() if _fits(value)}
    given |= {**query.filters, "per_query": str(per_query), **_shard(store, query.id)}
    arguments = [word for name, value in given.items() for word in ("-a", f"{name}={value}")]
    return shlex.join(["scrapy", "crawl", "image_search", "-s", f"STORE={store.root}", *arguments])


def _fits(value: str) -> bool:
    """Whether a value can be an argument; without it the command asks for more, not for other."""
    return "," not in value and visible(value) == value


def _shard(store: Store, query: str) -> dict[str, str]:
    """Which ledger a query belongs to, where they are several."""
    _, cut, shards = store.ledger_paths()[0].stem.partition("-of-")
    return {"shard": f"{shard_of(query, int(shards))}/{shards}"} if cut else {}
