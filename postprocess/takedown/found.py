"""What of a store a takedown is about."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection, Row

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.ledger.takedowns import Takedowns
from carscrape.store import Store, open_ledger
from postprocess.look_alikes import SCHEMA, alike
from postprocess.stages.taken_down import TakenDown
from postprocess.verdicts import Verdicts, image_ids

_NOT_YET = "outcome is not 'taken_down'"
_IMAGES = f"select id, url, hops, sha256, outcome from image where {_NOT_YET}"  # noqa: S608
_PAGES = (
    "select distinct image, result.page_url from result join image on image.id = image "  # noqa: S608
    f"where page_url is not null and {_NOT_YET}"
)
_SAME_BYTES = f"select id from image where sha256 = ? and {_NOT_YET}"  # noqa: S608
_ONE = "select url, hops, sha256, outcome from image where id = ?"
_ITS_PAGES = "select page_url from result where image = ? and page_url is not null"


@dataclass
class Found:
    """The rows that match, in every ledger."""

    rows: dict[Path, list[int]] = field(default_factory=dict)  # ledger -> ids of its images
    urls: dict[str, str] = field(default_factory=dict)  # URL -> sha256, "" where none is stored
    pages: set[str] = field(default_factory=set)  # URLs of the pages that show them

    @property
    def images(self) -> set[str]:
        """The stored images (sha256)."""
        return {sha256 for sha256 in self.urls.values() if sha256}


def find(store: Store, takedowns: Takedowns, look_alikes: Iterable[str] = ()) -> Found:
    """Find what was named, and every URL that served the same bytes, in all ledgers.

    Args:
        look_alikes: images (sha256) that resemble what was named.

    Raises:
        StoreError: a ledger cannot be read.
    """
    named: dict[Path, set[int]] = {}
    images = {*takedowns.images, *look_alikes}
    for path in store.ledger_paths():
        with open_ledger(path) as ledger:
            named[path] = set(_named(ledger, takedowns))
            images |= {row["sha256"] for row in _rows(ledger, named[path]) if _stored(row)}
    found = Found()
    for path, ids in named.items():
        with open_ledger(path) as ledger:
            for image in images:
                ids |= {row["id"] for row in ledger.execute(_SAME_BYTES, (image,))}
            _note(found, ledger, path, sorted(ids))
    return found


def look_alikes(store: Store, signatures: pa.Table) -> set[str]:
    """The stored images (sha256) that resemble a picture, as far as `verify` has judged them."""
    verdicts = Verdicts(store)
    for generation in verdicts.current() if signatures.num_rows else ():
        if generation.stage == "verify" and not generation.skipped:
            table = verdicts.read("verify", generation.key, SCHEMA.names)
            table = table.filter(pc.is_valid(table["hash"])).combine_chunks()
            ids = table["id"].filter(pa.array(alike(table, signatures)))
            return {id_.hex() for id_ in ids.to_pylist()}
    return set()


def _named(ledger: Connection, takedowns: Takedowns) -> Iterator[int]:
    for row in ledger.execute(_IMAGES):
        if any(map(takedowns.forbid_url, _addresses(row))):
            yield row["id"]
    for row in ledger.execute(_PAGES):
        if takedowns.forbid_page(row["page_url"]):
            yield row["image"]


def _addresses(row: Row) -> list[str]:
    """The URL of an image, and those it was redirected to."""
    return [row["url"], *json.loads(row["hops"] or "[]")]


def _rows(ledger: Connection, ids: Iterable[int]) -> Iterator[Row]:
    for id_ in ids:
        yield ledger.execute(_ONE, (id_,)).fetchone()


def _stored(row: Row) -> bool:
    return bool(row["outcome"] == "stored")


def _note(found: Found, ledger: Connection, path: Path, ids: list[int]) -> None:
    found.rows[path] = ids
    for row in _rows(ledger, ids):
        for url in _addresses(row):
            found.urls[url] = row["sha256"] if _stored(row) else ""
    for id_ in ids:
        found.pages.update(row["page_url"] for row in ledger.execute(_ITS_PAGES, (id_,)))


def rejected_as_alike(store: Store) -> set[str]:
    """The stored images (sha256) that the stage `taken_down` rejected."""
    verdicts = Verdicts(store)
    for step in verdicts.walk(image_ids(store), verdicts.current()):
        if step.stage == TakenDown.name:
            return {id_.hex() for id_ in step.rejected["id"].to_pylist()}
    return set()
