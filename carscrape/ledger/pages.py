"""Result pages, and the queries they answer. Standard library only."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from carscrape.items import PageVerdict, Result
from carscrape.ledger.asked import FINISHED, AskedRows
from carscrape.ledger.images import Images
from carscrape.ledger.results import Added, Results


class Asked(Protocol):
    """A query of a recipe (`carscrape.recipe.Query`)."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def attributes(self) -> dict[str, str]: ...
    @property
    def filters(self) -> dict[str, str]: ...


@dataclass(frozen=True, slots=True)
class PageEnd:
    """What became of a page: its verdict as written, the hosts of its new images, has it a next."""

    verdict: PageVerdict
    detail: str
    hosts: list[str]
    has_next: bool


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How many queries of an engine ended, and what is missing to what each wanted."""

    queries: int
    short: int  # queries with fewer images than wanted
    images: int  # of these


class Pages(AskedRows):
    """The tables `query`, `page` and `result`."""

    table: ClassVar[str] = "page"

    def __init__(self, db: sqlite3.Connection, images: Images) -> None:
        super().__init__(db)
        self._results = Results(db, images)

    def plan(self, queries: Iterable[Asked], engines: Sequence[str], most: int = 0) -> None:
        """One unasked first page per query and engine; those already there stay as they are.

        Of these queries, pages at which an earlier run had enough become unasked again if more are
        wanted now.
        """
        reopen = "update page set verdict = null where engine = ? and query = ? and capped < ?"
        with self._db:
            self._db.execute("begin")
            for query in queries:
                self._db.executemany(reopen, [(engine, query.id, most) for engine in engines])
                self._db.execute(
                    "insert or ignore into query values (?, ?, ?, ?)",
                    (query.id, query.text, *map(json.dumps, (query.attributes, query.filters))),
                )
                self._db.executemany(
                    "insert or ignore into page (engine, query, number) values (?, ?, 0)",
                    [(engine, query.id) for engine in engines],
                )

    def extend(self, query: str, engine: str) -> None:
        """One more unasked page after a query's last, unless it has an unasked one already."""
        self._db.execute(
            "insert into page (engine, query, number) "
            "select engine, query, max(number) + 1 from page where engine = ? and query = ? "
            "group by engine, query having count(*) = count(verdict)",
            (engine, query),
        )

    def due(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """Unasked pages of an engine with their query's text and filters, oldest first."""
        return self._db.execute(
            "select page.*, query.text, query.filters "
            "from page join query on query.id = page.query "
            "where engine = ? and verdict is null and not_before <= ? "
            "order by not_before, page.id limit ?",
            (engine, now, limit),
        ).fetchall()

    def finish(
        self,
        page: sqlite3.Row,
        verdict: PageVerdict,
        results: Sequence[Result] = (),
        next_cursor: str | None = None,
        most: int = 0,
        detail: str = "",
        is_last: bool = False,
    ) -> PageEnd:
        """Write a page, its results, their new images and the next page, all or nothing.

        Args:
            most: how many images the query wants from this engine, over all its pages.
            is_last: whether the engine gives none beyond this page.

        A page that only repeats what the query had already becomes `exhausted`, and so does the
        last one where the query wants more; their details say how many there were.
        """
        with self._db:
            self._db.execute("begin")
            added = self._results.add(page, results, most)
            has_next = False
            capped = added.cut
            if verdict == PageVerdict.RESULTS and (why := _exhausted(added, most, is_last)):
                verdict = PageVerdict.EXHAUSTED
                said = f"{added.total:,} of {most:,} asked: {why}"
                detail = "; ".join(filter(None, [said, detail]))
            elif verdict == PageVerdict.RESULTS and next_cursor and not is_last:
                capped = added.total >= most
                has_next = not capped
            if has_next:
                self._db.execute(
                    "insert or ignore into page (engine, query, number, cursor) "
                    "values (?, ?, ?, ?)",
                    (page["engine"], page["query"], page["number"] + 1, next_cursor),
                )
            self._close(page["id"], verdict, detail, added, most if capped else None)
        return PageEnd(verdict, detail, added.hosts, has_next)

    def _close(
        self, page: int, verdict: PageVerdict, detail: str, added: Added, capped: int | None
    ) -> None:
        found = added.fresh + added.repeats
        self._db.execute(
            "update page set verdict = ?, found = coalesce(found, 0) + ?, "
            "repeats = coalesce(repeats, 0) + ?, detail = ?, capped = ?, "
            "tries = tries + 1, fetched_at = ? where id = ?",
            (verdict, found, added.repeats, detail, capped, time.time(), page),
        )

    def shortfall(self, engine: str, most: int) -> Shortfall:
        """What the finished queries of an engine are short of, if each wanted `most` images."""
        row = self._db.execute(
            "select count(*), coalesce(sum(images < :most), 0), "  # noqa: S608
            "coalesce(sum(iif(images < :most, images, 0)), 0) "
            "from (select sum(coalesce(found - repeats, 0)) as images, "
            f"min(coalesce(verdict in ({FINISHED}), 0)) as done "
            "from page where engine = :engine group by query) where done",
            {"engine": engine, "most": most},
        ).fetchone()
        return Shortfall(*row)


def _exhausted(added: Added, most: int, is_last: bool) -> str:
    """Why an engine has no more for a query that wants more; "" if it may have."""
    if added.repeats and not added.fresh and not added.again:
        return "the page only repeats what was found before"
    if is_last and added.total < most:
        return "the engine gives no more than that"
    return ""
