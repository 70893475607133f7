"""The ledger of one shard: what was asked, found and fetched, and how each ended.

One SQLite file with one writer. A page, its results, their new image rows and the row of the next
page are one transaction, so a kill at any moment leaves a ledger the next run simply goes on from.
Standard library only.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urldefrag, urlsplit

from carscrape.items import (
    FINISHED_PAGE,
    MAX_TRIES,
    HitCount,
    ImageResult,
    Outcome,
    PageVerdict,
)
from carscrape.lock import lock
from carscrape.store import StoreError

SCHEMA_VERSION = 1


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


class Asked(Protocol):
    """A query of a recipe (`carscrape.recipe.Query`)."""

    @property
    def id(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def attributes(self) -> dict[str, str]: ...


def host_of(url: str) -> str:
    """The host and port that decide which queue an image waits in; "" for none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


class Ledger:
    """The one writer of a ledger file; holds its lock until closed."""

    def __init__(self, path: Path) -> None:
        """Open the ledger, making it if it is not there.

        Raises:
            StoreError: another process writes it, it is damaged, or of another version.
        """
        self.path = path
        with ExitStack() as opened:
            opened.enter_context(lock(path.with_suffix(".lock")))
            try:
                self._db = opened.enter_context(
                    closing(sqlite3.connect(path, isolation_level=None))
                )
                self._prepare()
            except sqlite3.DatabaseError as error:
                raise StoreError(f"cannot open the ledger {path}: {error}") from error
            self._opened = opened.pop_all()

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        (version,) = self._db.execute("pragma user_version").fetchone()
        if version == 0:
            # Read as package data: inside an egg there is no file to open.
            schema = resources.files("carscrape").joinpath("ledger.sql").read_text("utf-8")
            self._db.executescript(
                f"begin; {schema} pragma user_version = {SCHEMA_VERSION}; commit;"
            )
        elif version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} has schema {version}, this program writes {SCHEMA_VERSION}: "
                "use the program that made it, or another store"
            )

    def unasked(self, table: str, engine: str) -> int:
        """Rows of an engine that no run has finished."""
        assert table in ("page", "hit")
        sql = f"select count(*) from {table} where verdict is null and engine = ?"  # noqa: S608
        ((count,),) = self.tally(sql, (engine,))
        return int(count)

    def close(self) -> None:
        """Close the file and give up the lock."""
        self._opened.close()

    # --- runs and notes

    def reopen(self, table: str) -> None:
        """Make pages (or hits) that earlier runs could not finish unasked again."""
        assert table in ("page", "hit")
        finished = ", ".join(f"'{verdict}'" for verdict in sorted(FINISHED_PAGE))
        self._db.execute(
            f"update {table} set verdict = null, tries = 0 "  # noqa: S608
            f"where verdict is not null and verdict not in ({finished})"
        )

    def start_run(self, spider: str, arguments: dict[str, str], versions: dict[str, str]) -> int:
        """Write that a run began; returns its id."""
        with self._db:
            cursor = self._db.execute(
                "insert into run (spider, arguments, versions, started_at) values (?, ?, ?, ?)",
                (spider, json.dumps(arguments), json.dumps(versions), time.time()),
            )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def end_run(self, run: int, reason: str, exit_code: int) -> None:
        """Write how a run ended."""
        with self._db:
            self._db.execute(
                "update run set ended_at = ?, reason = ?, exit_code = ? where id = ?",
                (time.time(), reason, exit_code, run),
            )

    def note(self, name: str, value: str | None = None) -> str | None:
        """Read a remembered value; with `value`, remember it first."""
        if value is not None:
            self._db.execute("insert or replace into note values (?, ?)", (name, value))
        row = self._db.execute("select value from note where name = ?", (name,)).fetchone()
        return row["value"] if row else None

    # --- pages

    def plan(self, queries: Iterable[Asked], engines: Sequence[str], most: int = 0) -> None:
        """One unasked first page per query and engine; those already there stay as they are.

        Pages at which an earlier run had enough become unasked again if more are wanted now.
        """
        with self._db:
            self._db.execute("begin")
            self._db.execute("update page set verdict = null where capped < ?", (most,))
            for query in queries:
                self._db.execute(
                    "insert or ignore into query values (?, ?, ?)",
                    (query.id, query.text, json.dumps(query.attributes)),
                )
                self._db.executemany(
                    "insert or ignore into page (engine, query, number) values (?, ?, 0)",
                    [(engine, query.id) for engine in engines],
                )

    def extend(self, query: str, engine: str) -> None:
        """One more unasked page after a query's last, unless it has an unasked one already."""
        with self._db:
            self._db.execute(
                "insert into page (engine, query, number) "
                "select engine, query, max(number) + 1 from page where engine = ? and query = ? "
                "group by engine, query having count(*) = count(verdict)",
                (engine, query),
            )

    def due_pages(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """Unasked pages of an engine with their query's text, oldest first."""
        return self._db.execute(
            "select page.*, query.text from page join query on query.id = page.query "
            "where engine = ? and verdict is null and not_before <= ? "
            "order by not_before, page.id limit ?",
            (engine, now, limit),
        ).fetchall()

    def finish_page(
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
            self._close_page(page["id"], verdict, detail, added, most if capped else None)
        return PageEnd(verdict, added.hosts, has_next)

    def _close_page(
        self, page: int, verdict: PageVerdict, detail: str, added: "_Added", capped: int | None
    ) -> None:
        found = added.fresh + added.repeats
        self._db.execute(
            "update page set verdict = ?, found = coalesce(found, 0) + ?, "
            "repeats = coalesce(repeats, 0) + ?, detail = ?, capped = ?, "
            "tries = tries + 1, fetched_at = ? where id = ?",
            (verdict, found, added.repeats, detail, capped, time.time(), page),
        )

    def _add_results(self, page: sqlite3.Row, results: Sequence[Found], most: int) -> "_Added":
        """Write the results that the query still wants, and the images that are new."""
        known = self._images_of(page["engine"], page["query"])
        here, rank = self._on_page(page["id"])
        added = _Added(again=bool(here), total=len(known))
        for result in results:
            if added.total >= most:
                added.cut = True
                break
            image, host = self._image(result.image_url)
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

    def _image(self, url: str) -> tuple[int, str | None]:
        """The id of the image with this URL, and its host if it is new."""
        url = urldefrag(url).url  # a fragment never reaches a server
        host = host_of(url)
        cursor = self._db.execute(
            "insert or ignore into image (url, host, outcome, detail) "
            "select ?, ?, iif(max(down) <> '' and max(not_before) > ?, ?, null), "
            "coalesce(max(down), '') from host where name = ?",
            (url, host, time.time(), Outcome.HOST_DOWN, host),
        )
        if cursor.rowcount:
            assert cursor.lastrowid is not None
            return cursor.lastrowid, host
        row = self._db.execute("select id from image where url = ?", (url,)).fetchone()
        return row["id"], None

    def _insert_result(self, page: int, rank: int, image: int, result: Found) -> None:
        self._db.execute(
            "insert into result values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
            ),
        )

    def postpone(self, table: str, row: int, detail: str, until: float, costs: bool) -> None:
        """Leave a page or hit unasked until a time; `costs` says whether that was a try."""
        assert table in ("page", "hit")
        with self._db:
            self._db.execute(
                f"update {table} set detail = ?, not_before = ?, "  # noqa: S608
                "tries = tries + ? where id = ?",
                (detail, until, costs, row),
            )

    # --- images

    def open_hosts(self) -> list[str]:
        """Hosts with images that have not ended."""
        sql = "select distinct host from image where final = 0"
        return [row["host"] for row in self._db.execute(sql)]

    def due_images(self, host: str, now: float, limit: int) -> list[ImageResult]:
        """Images of a host that may be asked now, the longest waiting first."""
        rows = self._db.execute(
            "select id, url, host, tries from image "
            "where host = ? and final = 0 and not_before <= ? order by not_before, id limit ?",
            (host, now, limit),
        )
        return [ImageResult(row["id"], row["url"], row["host"], row["tries"]) for row in rows]

    def next_due(self, host: str) -> float | None:
        """When the first image of a host may be asked; None if all have ended."""
        due: float | None
        (due,) = self._db.execute(
            "select min(not_before) from image where host = ? and final = 0", (host,)
        ).fetchone()
        return due

    def finish_images(self, items: Sequence[tuple[ImageResult, float]]) -> None:
        """Write how images ended, each with the time before which it is not asked again."""
        with self._db:
            self._db.execute("begin")
            self._db.executemany(
                "update image set outcome = ?, final = ?, detail = ?, tries = ?, not_before = ?, "
                "sha256 = ?, type = ?, claimed_type = ?, width = ?, height = ?, bytes = ?, "
                "fetched_at = ? where id = ?",
                [_image_row(item, until) for item, until in items],
            )

    def hold(self, name: str, until: float) -> None:
        """Remember that a host, or an engine's lane, is not asked before a time."""
        self._hold(name, until, "")

    def holds(self, now: float) -> dict[str, float]:
        """Hosts and lanes that must wait, and until when (Unix time)."""
        rows = self._db.execute("select * from host where not_before > ?", (now,))
        return {row["name"]: row["not_before"] for row in rows}

    def give_up_host(self, host: str, why: str, until: float) -> None:
        """Hold a host that is down; its open images are `host_down`, which costs them a try."""
        with self._db:
            self._db.execute("begin")
            self._hold(host, until, why)
            self._db.execute(
                "update image set outcome = ?, detail = ?, tries = tries + 1, "
                "final = tries + 1 >= ? where host = ? and final = 0",
                (Outcome.HOST_DOWN, why, MAX_TRIES, host),
            )

    def _hold(self, name: str, until: float, down: str) -> None:
        self._db.execute(
            "insert into host values (?, ?, ?) on conflict (name) do update set "
            "not_before = max(not_before, excluded.not_before), down = excluded.down",
            (name, until, down),
        )

    # --- hit counts

    def plan_hits(self, hits: Iterable[HitCount]) -> None:
        """One unasked row per engine and phrase; those already there stay as they are."""
        with self._db:
            self._db.execute("begin")
            self._db.executemany(
                "insert or ignore into hit (engine, phrase, subject, term) values (?, ?, ?, ?)",
                [(hit.engine, hit.phrase, json.dumps(hit.subject), hit.term) for hit in hits],
            )

    def due_hits(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """Phrases of an engine that were not counted yet, oldest first."""
        return self._db.execute(
            "select * from hit where engine = ? and verdict is null and not_before <= ? "
            "order by not_before, id limit ?",
            (engine, now, limit),
        ).fetchall()

    def finish_hit(self, row: int, hit: HitCount) -> None:
        """Write what an engine said of a phrase."""
        with self._db:
            self._db.execute(
                "update hit set count = ?, raw = ?, verdict = ?, detail = ?, tries = tries + 1, "
                "fetched_at = ? where id = ?",
                (hit.count, hit.raw, hit.verdict, hit.detail, hit.fetched_at, row),
            )

    def tally(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Rows of a read-only question, for progress and summary."""
        return self._db.execute(sql, parameters).fetchall()


def _image_row(item: ImageResult, until: float) -> tuple[Any, ...]:
    assert item.outcome is not None
    return (
        item.outcome,
        item.final,
        item.detail,
        item.tries_used,
        until,
        item.sha256,
        item.type,
        item.claimed_type,
        item.width,
        item.height,
        item.bytes,
        item.fetched_at,
        item.id,
    )
