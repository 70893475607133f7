"""Result pages, their results, and the queries they answer. Standard library only."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from carscrape.items import PageVerdict
from carscrape.ledger.asked import AskedRows
from carscrape.ledger.images import Images


class Found(Protocol):
    """A result as an engine read it (`carscrape.engines.base.Result`)."""

    @property
    def image_url(self) -> str: ...
    @property
    def page_url(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def thumbnail(self) -> str: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def licence(self) -> str: ...
    @property
    def licence_url(self) -> str: ...
    @property
    def author(self) -> str: ...


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
    hosts: list[str]
    has_next: bool


@dataclass(slots=True)
class _Added:
    """What the results of a page added to its query."""

    again: bool  # the page held results from an earlier answer
    total: int  # images of the query
    fresh: int = 0
    repeats: int = 0
    cut: bool = False  # the page had more than were wanted
    hosts: list[str] = field(default_factory=list)  # of images new to the ledger


class Pages(AskedRows):
    """The tables `query`, `page` and `result`."""

    table: ClassVar[str] = "page"

    def plan(self, queries: Iterable[Asked], engines: Sequence[str], most: int = 0) -> None:
        """One unasked first page per query and engine; those already there stay as they are.

        Pages at which an earlier run had enough become unasked again if more are wanted now.
        """
        with self._db:
            self._db.execute("begin")
            self._db.execute("update page set verdict = null where capped < ?", (most,))
            for query in queries:
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
        results: Sequence[Found] = (),
        next_cursor: str | None = None,
        most: int = 0,
        detail: str = "",
    ) -> PageEnd:
        """Write a page, its results, their new images and the next page, all or nothing.

        Args:
            most: how many images the query wants from this engine, over all its pages.

        A page that only repeats what the query had already becomes `exhausted`.
        """
        with self._db:
            self._db.execute("begin")
            added = self._add_results(page, results, most)
            capped, has_next = added.cut, False
            if verdict == PageVerdict.RESULTS and results and not added.fresh and not added.again:
                verdict, detail = PageVerdict.EXHAUSTED, "only repeats what was found before"
            elif verdict == PageVerdict.RESULTS and next_cursor:
                capped = added.total >= most
                has_next = not capped
            if has_next:
                self._db.execute(
                    "insert or ignore into page (engine, query, number, cursor) "
                    "values (?, ?, ?, ?)",
                    (page["engine"], page["query"], page["number"] + 1, next_cursor),
                )
            self._close(page["id"], verdict, detail, added, most if capped else None)
        return PageEnd(verdict, added.hosts, has_next)

    def _close(
        self, page: int, verdict: PageVerdict, detail: str, added: _Added, capped: int | None
    ) -> None:
        found = added.fresh + added.repeats
        self._db.execute(
            "update page set verdict = ?, found = coalesce(found, 0) + ?, "
            "repeats = coalesce(repeats, 0) + ?, detail = ?, capped = ?, "
            "tries = tries + 1, fetched_at = ? where id = ?",
            (verdict, found, added.repeats, detail, capped, time.time(), page),
        )

    def _add_results(self, page: sqlite3.Row, results: Sequence[Found], most: int) -> _Added:
        """Write the results that the query still wants, and the images that are new."""
        images = Images(self._db)
        known = self._images_of(page["engine"], page["query"])
        here, rank = self._on_page(page["id"])
        added = _Added(again=bool(here), total=len(known))
        for result in results:
            if added.total >= most:
                added.cut = True
                break
            image, host = images.add(result.image_url)
            if image in here:
                continue  # the page was asked before, with fewer images wanted
            added.hosts += [host] if host is not None else []
            if image in known:
                added.repeats += 1
            else:
                known.add(image)
                added.fresh += 1
                added.total += 1
            self._insert_result(page["id"], rank, image, result)
            rank += 1
        return added

    def _images_of(self, engine: str, query: str) -> set[int]:
        sql = (
            "select result.image from result join page on page.id = result.page "
            "where engine = ? and query = ?"
        )
        return {row["image"] for row in self._db.execute(sql, (engine, query))}

    def _on_page(self, page: int) -> tuple[set[int], int]:
        """Images that a page is known to hold from an earlier answer, and the next free rank."""
        rows = self._db.execute("select image, rank from result where page = ?", (page,)).fetchall()
        return {row["image"] for row in rows}, max((row["rank"] + 1 for row in rows), default=0)

    def _insert_result(self, page: int, rank: int, image: int, result: Found) -> None:
        self._db.execute(
            "insert into result values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                page,
                rank,
                image,
                result.page_url,
                result.title,
                result.thumbnail,
                result.width,
                result.height,
                result.licence,
                result.licence_url,
                result.author,
            ),
        )
