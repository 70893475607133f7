"""The URLs of an image: who found them, and how their downloads went."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any

from carscrape.store import Store, open_ledger

_STORED = "select * from image where outcome = 'stored' and sha256 = ? order by id"
_NAMED = "select * from image where url = ? order by id"
# All columns, because ledgers of an older schema lack some.
_FOUND = """
select page.engine, page.number, query.*, result.* from result
join page on page.id = result.page
join query on query.id = page.query
where result.image = ?
order by page.id, result.rank
"""


@dataclass(frozen=True)
class Finding:
    """One place of a result page; texts are strangers'."""

    engine: str
    query: str
    attributes: dict[str, str]
    filters: dict[str, str]  # what the search was narrowed to
    page: int  # from 0
    rank: int  # on that page, from 0
    title: str
    page_url: str  # of the page that shows the image
    licence: str
    author: str


@dataclass(frozen=True)
class Address:
    """A URL, and how its download ended."""

    url: str
    ledger: str  # its file's name
    image: str  # sha256; "": nothing was stored
    outcome: str  # one of `items.Outcome`; "": not asked yet
    detail: str
    final: bool  # whether a later run asks again
    tries: int  # that cost it one
    asks: int  # all
    hops: list[str]  # URLs it was redirected to
    claimed_type: str
    fetched_at: float | None  # Unix time
    found: list[Finding]


def of_image(store: Store, sha256: str) -> list[Address]:
    """Every URL that served these bytes, those of earlier ledgers first."""
    return list(_addresses(store, _STORED, [sha256]))


def of_urls(store: Store, urls: Sequence[str]) -> list[Address]:
    """These URLs, in every ledger that has them."""
    return list(_addresses(store, _NAMED, urls))


def _addresses(store: Store, sql: str, named: Sequence[str]) -> Iterator[Address]:
    for path in store.ledger_paths():
        with open_ledger(path) as ledger:
            for one in named:
                for row in ledger.execute(sql, (one,)):
                    yield _address(path, row, _findings(ledger, row["id"]))


def _findings(ledger: Connection, image: int) -> list[Finding]:
    return [_finding(dict(row)) for row in ledger.execute(_FOUND, (image,))]


def _finding(row: dict[str, Any]) -> Finding:
    texts = {name: row.get(name) or "" for name in ("title", "page_url", "licence", "author")}
    return Finding(
        engine=row["engine"],
        query=row["text"],
        attributes=json.loads(row["attributes"]),
        filters=json.loads(row.get("filters", "{}")),
        page=row["number"],
        rank=row["rank"],
        **texts,
    )


def _address(path: Path, row: Row, found: list[Finding]) -> Address:
    known: dict[str, Any] = {
        name: row[name] or "" for name in ("url", "outcome", "detail", "claimed_type")
    }
    return Address(
        ledger=path.name,
        image=row["sha256"] or "",
        final=bool(row["final"]),
        tries=row["tries"],
        asks=row["asks"],
        hops=json.loads(row["hops"] or "[]"),
        fetched_at=row["fetched_at"],
        found=found,
        **known,
    )
