"""Opens the tables of a ledger: makes them where there are none, and refuses what it cannot read.

Standard library only.
"""

import sqlite3
from importlib import resources
from pathlib import Path

from carscrape.store import StoreError

SCHEMA_VERSION = 1


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make a connection ready to write a ledger.

    Raises:
        StoreError: the ledger is of another version.
        sqlite3.DatabaseError: it is damaged, or no ledger.
    """
    db.row_factory = sqlite3.Row
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = normal")
    (version,) = db.execute("pragma user_version").fetchone()
    if version == 0:
        # Read as package data: inside an egg there is no file to open.
        schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
        db.executescript(f"begin; {schema} pragma user_version = {SCHEMA_VERSION}; commit;")
    elif version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema {version}, this program writes {SCHEMA_VERSION}: "
            "use the program that made it, or another store"
        )
