"""The ledger of one shard: what was asked, found and fetched, and how each ended.

One SQLite file with one writer. A page, its results, their new image rows and the row of the next
page are one transaction, so a kill at any moment leaves a ledger the next run simply goes on from.
Standard library only.
"""

import json
import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from carscrape.ledger.findings import Findings
from carscrape.ledger.hits import Hits
from carscrape.ledger.hosts import Hosts
from carscrape.ledger.images import Images
from carscrape.ledger.pages import Pages
from carscrape.ledger.power_cut import boot_id, torn_images
from carscrape.ledger.schema import prepare
from carscrape.ledger.takedowns import read_takedowns
from carscrape.lock import lock
from carscrape.store import Store, StoreError


class Ledger:
    """The one writer of a ledger file; holds its lock until closed."""

    def __init__(self, path: Path) -> None:
        """Open the ledger, making it if it is not there.

        Raises:
            StoreError: another process writes it, it or the list of what was taken down is damaged,
                or it is of another version.
        """
        self.path = path
        with ExitStack() as opened:
            opened.enter_context(lock(path.with_suffix(".lock")))
            takedowns = read_takedowns(Store(path.parent.parent))
            try:
                db = opened.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
                prepare(db, path)
            except sqlite3.DatabaseError as error:
                raise StoreError(f"cannot open the ledger {path}: {error}") from error
            self._opened = opened.pop_all()
        self._db = db
        self.takedowns = takedowns
        self.images = Images(db, takedowns)
        self.pages = Pages(db, self.images)
        self.findings = Findings(db, self.images, takedowns)
        self.hosts = Hosts(db)
        self.hits = Hits(db)
        self.hosts.bound_pauses(time.time())

    def close(self) -> None:
        """Close the file and give up the lock."""
        self._opened.close()

    def forget_torn_images(self) -> int:
        """Ask again for images that a power cut tore; returns how many. Reads their files."""
        torn = torn_images(self._db, Store(self.path.parent.parent))
        self.images.forget(torn)
        return len(torn)

    def scrub(self) -> None:
        """Write the file anew: what was deleted or changed goes on lying in its free pages."""
        self._db.execute("vacuum")
        self._db.execute("pragma wal_checkpoint(truncate)").fetchall()

    def start_run(self, spider: str, arguments: dict[str, str], versions: dict[str, str]) -> int:
        """Write that a run began; returns its id."""
        with self._db:
            cursor = self._db.execute(
                "insert into run (spider, arguments, versions, started_at, boot) "
                "values (?, ?, ?, ?, ?)",
                (spider, json.dumps(arguments), json.dumps(versions), time.time(), boot_id()),
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

    def tally(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Rows of a read-only question, for progress and summary."""
        return self._db.execute(sql, parameters).fetchall()
