"""The ledger of one shard: what was asked, found and fetched, and how each ended.

One SQLite file with one writer. A page, its results, their new image rows and the row of the next
page are one transaction, so a kill at any moment leaves a ledger the next run simply goes on from.
Standard library only.
"""

import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from carscrape.items import (
    FINISHED_PAGE,
    FREE_OF_CHARGE,
    MAX_TRIES,
    TRANSIENT,
    HitCount,
    ImageResult,
    Outcome,
    PageVerdict,
)
from carscrape.store import StoreError

try:
    import fcntl
except ImportError:  # Windows: one writer is then up to its user
    fcntl = None  # type: ignore[assignment]

SCHEMA_VERSION = 1

SCHEMA = """
create table query (
    id text primary key, text text not null, attributes text not null  -- JSON object
);
create table page (
    id integer primary key, engine text not null, query text not null, number integer not null,
    cursor text, verdict text,                   -- null: not asked yet
    found integer, repeats integer, detail text not null default '',
    capped integer,                              -- had more than these so many wanted per query
    tries integer not null default 0, not_before real not null default 0, fetched_at real,
    unique (engine, query, number)
);
create index page_open on page (engine, not_before, id) where verdict is null;
create table result (
    page integer not null, rank integer not null, image integer not null,
    page_url text, title text, thumbnail text, width integer, height integer, licence text,
    primary key (page, rank)
) without rowid;
create index result_image on result (image);
create table image (
    id integer primary key, url text not null unique, host text not null,
    outcome text, final integer not null default 0,  -- outcome null: not asked yet
    detail text not null default '', tries integer not null default 0,
    not_before real not null default 0,
    sha256 text, type text, claimed_type text, width integer, height integer, bytes integer,
    fetched_at real
);
create index image_open on image (host, not_before, id) where final = 0;
create index image_stored on image (sha256) where sha256 is not null;
create table host (
    name text primary key, not_before real not null, down text not null  -- why; "" if only paused
);
create table hit (
    id integer primary key, engine text not null, phrase text not null,
    subject text not null, term text not null,   -- subject: JSON object
    count integer, raw text not null default '', verdict text, detail text not null default '',
    tries integer not null default 0, not_before real not null default 0, fetched_at real,
    unique (engine, phrase, subject)
);
create index hit_open on hit (engine, not_before, id) where verdict is null;
create table run (
    id integer primary key, spider text not null, arguments text not null,
    versions text not null, started_at real not null, ended_at real, reason text,
    exit_code integer
);
create table note (name text primary key, value text not null);
"""


@dataclass(frozen=True, slots=True)
class PageEnd:
    """What became of a page: its verdict as written, the hosts of its new images, has it a next."""

    verdict: PageVerdict
    hosts: list[str]
    has_next: bool


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
            opened.enter_context(_lock(path.with_suffix(".lock")))
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
            self._db.executescript(
                f"begin; {SCHEMA} pragma user_version = {SCHEMA_VERSION}; commit;"
            )
        elif version != SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} has schema {version}, this program writes {SCHEMA_VERSION}: "
                "use the program that made it, or another store"
            )

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
            self._db.execute("delete from result where page = ?", (page["id"],))
            known = self._images_of(page["engine"], page["query"])
            before = len(known)
            hosts: list[str] = []
            repeats = 0
            capped = False
            for rank, result in enumerate(results):
                if len(known) >= most:
                    capped = True
                    break
                image, host = self._image(result.image_url)
                hosts += [host] if host is not None else []
                repeats += image in known
                known.add(image)
                self._insert_result(page["id"], rank, image, result)
            fresh = len(known) - before
            has_next = False
            if verdict == PageVerdict.RESULTS and results and not fresh:
                verdict, detail = PageVerdict.EXHAUSTED, "only repeats what was found before"
            elif verdict == PageVerdict.RESULTS and next_cursor:
                has_next, capped = len(known) < most, len(known) >= most
            if has_next:
                self._db.execute(
                    "insert or ignore into page (engine, query, number, cursor) "
                    "values (?, ?, ?, ?)",
                    (page["engine"], page["query"], page["number"] + 1, next_cursor),
                )
            self._db.execute(
                "update page set verdict = ?, found = ?, repeats = ?, detail = ?, capped = ?, "
                "tries = tries + 1, fetched_at = ? where id = ?",
                (
                    verdict,
                    fresh + repeats,
                    repeats,
                    detail,
                    most if capped else None,
                    time.time(),
                    page["id"],
                ),
            )
        return PageEnd(verdict, hosts, has_next)

    def _images_of(self, engine: str, query: str) -> set[int]:
        sql = (
            "select result.image from result join page on page.id = result.page "
            "where engine = ? and query = ?"
        )
        return {row["image"] for row in self._db.execute(sql, (engine, query))}

    def _image(self, url: str) -> tuple[int, str | None]:
        """The id of the image with this URL, and its host if it is new."""
        host = host_of(url)
        cursor = self._db.execute(
            "insert or ignore into image (url, host, not_before, outcome, detail) "
            "select ?, ?, coalesce(max(not_before), 0), "
            "iif(max(not_before) > ? and max(down) <> '', ?, null), coalesce(max(down), '') "
            "from host where name = ?",
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

    def pause(self, name: str, until: float, down: str = "") -> None:
        """Remember that a host, or an engine's lane, is not asked before a time, and why."""
        self._db.execute("insert or replace into host values (?, ?, ?)", (name, until, down))

    def paused_until(self, name: str) -> float:
        """When a host or lane may be asked again (Unix time); 0.0 if it is not paused."""
        sql = "select not_before from host where name = ?"
        row = self._db.execute(sql, (name,)).fetchone()
        return float(row["not_before"]) if row else 0.0

    def hold_host(self, host: str, until: float, down: str = "") -> None:
        """Ask nothing of a host before a time, now or in a later run.

        With `down`, which says why, its open images are marked `host_down`, and so are those
        that are found before that time.
        """
        with self._db:
            self._db.execute("begin")
            self.pause(host, until, down)
            self._db.execute(
                "update image set not_before = max(not_before, ?) where host = ? and final = 0",
                (until, host),
            )
            if down:
                self._db.execute(
                    "update image set outcome = ?, detail = ? where host = ? and final = 0",
                    (Outcome.HOST_DOWN, down, host),
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
    tries = item.tries + (item.outcome not in FREE_OF_CHARGE)
    final = item.outcome not in TRANSIENT or tries >= MAX_TRIES
    return (
        item.outcome,
        final,
        item.detail,
        tries,
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


def _lock(path: Path) -> IO[str]:
    """Hold the file locked as long as it is open; the system lets go when the process dies."""
    try:
        handle = open(path, "a+", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        owner = handle.read().strip() or "another process"
        handle.close()
        raise StoreError(
            f"the ledger {path.with_suffix('.sqlite')} is being written by {owner}: "
            "wait until it ends, or use another STORE"
        ) from error
    handle.truncate(0)
    handle.write(f"process {os.getpid()} on {socket.gethostname()}")
    handle.flush()
    return handle
