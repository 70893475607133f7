"""What the ledger of a store already knows of what is planned, read without writing."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from carscrape.items import FINISHED_PAGE, HitCount
from carscrape.ledger.schema import SCHEMA_VERSION, create
from carscrape.store import StoreError, open_ledger

_FINISHED = "verdict in ({})".format(", ".join(f"'{each}'" for each in sorted(FINISHED_PAGE)))
_UNASKED = f"coalesce(sum(not coalesce({_FINISHED}, 0)), 0)"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an engine was asked a query, or a phrase."""

    pages: int = 0  # known of
    finished: int = 0  # of these, with as many images as are wanted now
    images: int = 0  # found by them
    unasked: int = 0  # of these, that any run asks


NOTHING = Progress()


class Seen:
    """What a ledger holds."""

    def __init__(self, db: sqlite3.Connection, per_query: int) -> None:
        """`per_query`: images wanted now; a page at which fewer were enough is asked again.

        Raises:
            StoreError: the ledger is of another version.
        """
        self._db = db
        (version,) = db.execute("pragma user_version").fetchone()
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"the ledger has schema {version}, and a plan reads {SCHEMA_VERSION} alone: "
                "a crawl brings an older one up to date"
            )
        self._page_done = f"{_FINISHED} and coalesce(capped >= {per_query}, 1)"
        # Asked nothing, a million queries are counted in half the time.
        self._is_new = not (self._holds("page") or self._holds("hit"))

    def _holds(self, table: str) -> bool:
        sql = f"select exists (select 1 from {table})"  # noqa: S608
        return bool(self._db.execute(sql).fetchone()[0])

    def query(self, engine: str, query: str) -> Progress:
        """What is known of the query with this id."""
        if self._is_new:
            return NOTHING
        sql = (
            f"select count(*), coalesce(sum({self._page_done}), 0), "  # noqa: S608
            f"coalesce(sum(found - repeats), 0), {_UNASKED} "
            "from page where engine = ? and query = ?"
        )
        return Progress(*self._db.execute(sql, (engine, query)).fetchone())

    def phrase(self, hit: HitCount) -> Progress:
        """What is known of a phrase in the series of its day."""
        if self._is_new:
            return NOTHING
        sql = (
            f"select count(*), coalesce(sum({_FINISHED}), 0), 0, {_UNASKED} from hit "  # noqa: S608
            "where engine = ? and phrase = ? and subject = ? and asked_locale = ? and day = ?"
        )
        key = (hit.engine, hit.phrase, json.dumps(hit.subject), hit.asked_locale, hit.day)
        return Progress(*self._db.execute(sql, key).fetchone())

    def last_day(self) -> str | None:
        """The day of the newest series of hit counts."""
        day: str | None = self._db.execute("select max(day) from hit").fetchone()[0]
        return day

    def to_ask(self, table: str, engine: str) -> int:
        """How many rows of a table an engine will be asked by any run, whoever planned them."""
        sql = f"select {_UNASKED} from {table} where engine = ?"  # noqa: S608
        return int(self._db.execute(sql, (engine,)).fetchone()[0])

    def images(self) -> tuple[int, int, int]:
        """How many images are stored, their bytes, and how many are to be downloaded yet."""
        sql = (
            "select coalesce(sum(outcome = 'stored'), 0), "
            "coalesce(sum(case when outcome = 'stored' then bytes end), 0), "
            "coalesce(sum(not final), 0) from image"
        )
        stored, size, waiting = self._db.execute(sql).fetchone()
        return stored, size, waiting


@contextmanager
def see(path: Path, per_query: int) -> Iterator[Seen]:
    """What the ledger at a path holds; nothing, where there is none yet.

    Raises:
        StoreError: it cannot be read.
    """
    if path.exists():
        with open_ledger(path) as db:
            yield Seen(db, per_query)
    else:
        with closing(sqlite3.connect(":memory:")) as db:
            create(db)
            yield Seen(db, per_query)
