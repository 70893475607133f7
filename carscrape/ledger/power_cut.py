"""What a power cut may have torn: files that the system had not yet brought to the disk.

A kill of the process tears nothing: what it wrote is the system's by then. Standard library only.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from carscrape.store import Store

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_ON_DISK_AFTER = 120.0  # seconds; Linux begins to write a file back after 30


def boot_id() -> str:
    """What tells this start of the system from every other; "" where it has no such name."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def torn_images(db: sqlite3.Connection, store: Store) -> list[int]:
    """Ids of images whose files are not whole, if the system was started anew since the last run.

    Reads what was stored in the last two minutes of that run.
    """
    last = db.execute("select boot from run order by id desc limit 1").fetchone()
    if last is None or (last["boot"] and last["boot"] == boot_id()):
        return []
    return [row["id"] for row in _stored_last(db) if not _is_whole(store, row)]


def _stored_last(db: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    (newest,) = db.execute("select coalesce(max(fetched_at), 0) from image").fetchone()
    yield from db.execute(
        "select id, sha256, type from image where outcome = 'stored' and fetched_at > ?",
        (newest - _ON_DISK_AFTER,),
    )


def _is_whole(store: Store, row: sqlite3.Row) -> bool:
    try:
        content = store.image_path(row["sha256"], row["type"]).read_bytes()
    except FileNotFoundError:
        return False
    return hashlib.sha256(content).hexdigest() == str(row["sha256"])
