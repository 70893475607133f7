"""Image URLs and how each ended. Standard library only."""

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urldefrag, urlsplit

from carscrape.items import ImageResult, Outcome


def host_of(url: str) -> str:
    """The host and port that decide which queue an image waits in; "" for none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


class Images:
    """The table `image`: one row per URL, however many results name it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, url: str) -> tuple[int, str | None]:
        """The id of the image with this URL, and its host if the URL is new."""
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
