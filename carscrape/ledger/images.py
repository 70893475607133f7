"""Image URLs and how each ended. Standard library only."""

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urldefrag, urlsplit

from carscrape.items import ImageResult, Outcome
from carscrape.ledger.takedowns import MARK, Takedowns, stand_in


def host_of(url: str) -> str:
    """The host and port that decide which queue an image waits in; "" for none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


class Images:
    """The table `image`: one row per URL, however many results name it."""

    def __init__(self, db: sqlite3.Connection, takedowns: Takedowns) -> None:
        self._db = db
        self._takedowns = takedowns
        if takedowns:
            sql = "select url from image where outcome = ?"
            rows = db.execute(sql, (Outcome.TAKEN_DOWN,))
            takedowns.add_urls(row["url"] for row in rows)

    def add(self, url: str, page_url: str = "") -> tuple[int, str | None]:
        """The id of the image with this URL, and its host if the URL is new and to be asked."""
        url = urldefrag(url).url  # a fragment never reaches a server
        if url.startswith(MARK):  # no result may pass for what was taken down
            url = f"no-{url}"
        if self._takedowns and self._is_taken_down(url, page_url):
            return self._stand_in(url), None
        host = host_of(url)
        cursor = self._db.execute(
            "insert or ignore into image (url, host, outcome, detail) "
            "select ?, ?, iif(count(*), ?, null), coalesce(max(down), '') "
            "from host where name = ? and down <> '' and not_before > ?",
            (url, host, Outcome.HOST_DOWN, host, time.time()),
        )
        if cursor.rowcount:
            assert cursor.lastrowid is not None
            return cursor.lastrowid, host
        row = self._db.execute("select id from image where url = ?", (url,)).fetchone()
        return row["id"], None

    def _is_taken_down(self, url: str, page_url: str) -> bool:
        if self._db.execute("select 1 from image where url = ?", (url,)).fetchone():
            return False  # so far: a takedown that was interrupted goes on another time
        return self._takedowns.forbid_url(url) or self._takedowns.forbid_page(page_url)

    def stands_for(self, url: str) -> int | None:
        """The id of an image that stands for this URL, however it is spelt; None if none does."""
        name = stand_in(url)
        sql = "select id from image where (url = ? or url > ? and url < ?) and outcome = ? limit 1"
        values = (name, f"{name}:", f"{name};", Outcome.TAKEN_DOWN)
        row = self._db.execute(sql, values).fetchone()
        return row["id"] if row else None

    def _stand_in(self, url: str) -> int:
        known = self.stands_for(url)
        if known is not None:
            return known
        cursor = self._db.execute(
            "insert into image (url, host, outcome, final) values (?, '', ?, 1)",
            (stand_in(url), Outcome.TAKEN_DOWN),
        )
        self._takedowns.add_urls([stand_in(url)])
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def hide(self, image: int, page_url: str) -> bool:
        """Whether nothing may be written of where an image was found."""
        if not self._takedowns:
            return False
        sql = "select outcome from image where id = ?"
        (outcome,) = self._db.execute(sql, (image,)).fetchone()
        return outcome == Outcome.TAKEN_DOWN or self._takedowns.forbid_page(page_url)

    def open_hosts(self) -> list[str]:
        """Hosts with images that have not ended."""
        sql = "select distinct host from image where final = 0"
        return [row["host"] for row in self._db.execute(sql)]

    def due(self, host: str, now: float, limit: int) -> list[ImageResult]:
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

    def finish(self, items: Sequence[tuple[ImageResult, float]]) -> None:
        """Write how images ended, each with the time before which it is not asked again."""
        with self._db:
            self._db.execute("begin")
            self._db.executemany(
                "update image set outcome = ?, final = ?, detail = ?, tries = ?, not_before = ?, "
                "sha256 = ?, type = ?, claimed_type = ?, width = ?, height = ?, bytes = ?, "
                "fetched_at = ?, hops = ?, asks = asks + 1 where id = ?",
                [_row(item, until) for item, until in items],
            )
            self._erase([item.id for item, _ in items if item.outcome == Outcome.TAKEN_DOWN])

    def take_down(self, ids: Sequence[int]) -> None:
        """Leave nothing of these images but that they were, nor of where they were found."""
        with self._db:
            self._db.execute("begin")
            self._erase(ids)

    def _erase(self, ids: Sequence[int]) -> None:
        for id_ in ids:
            (url,) = self._db.execute("select url from image where id = ?", (id_,)).fetchone()
            name = f"{stand_in(url)}:{id_}"  # several spellings may have a row each
            self._takedowns.add_urls([name])
            self._db.execute(
                "update image set url = ?, host = '', outcome = ?, final = 1, detail = '', "
                "not_before = 0, sha256 = null, type = null, claimed_type = null, width = null, "
                "height = null, bytes = null, fetched_at = null, hops = null where id = ?",
                (name, Outcome.TAKEN_DOWN, id_),
            )
            self._db.execute(
                "update result set page_url = null, title = null, thumbnail = null, width = null, "
                "height = null, licence = null, licence_url = null, author = null where image = ?",
                (id_,),
            )

    def forget(self, ids: Sequence[int]) -> None:
        """Make images unasked, as if nothing had ever been stored of them."""
        with self._db:
            self._db.execute("begin")
            self._db.executemany(
                "update image set outcome = null, final = 0, tries = 0, not_before = 0, "
                "detail = '', sha256 = null, type = null, claimed_type = null, width = null, "
                "height = null, bytes = null, fetched_at = null where id = ?",
                [(each,) for each in ids],
            )


def _row(item: ImageResult, until: float) -> tuple[Any, ...]:
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
        json.dumps(item.hops) if item.hops else None,
        item.id,
    )
