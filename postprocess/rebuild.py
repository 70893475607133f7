"""Save what can be saved of a store: its ledgers anew from what they hold, its files as stored."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from carscrape.ledger import Ledger
from carscrape.ledger.salvage import salvage
from carscrape.store import Store, WriteError
from postprocess.checks.images import wrong_files
from postprocess.checks.ledgers import damaged
from postprocess.checks.leftovers import is_leftover


def rebuild(store: Store) -> list[str]:
    """Mend what the next crawl can go on from; returns what was done, a line each.

    A damaged ledger is moved aside, and made anew of every row that can be read. An image whose
    file is missing or torn becomes unasked. Nothing else is changed, and no image is deleted
    whose bytes are those of its name.

    Raises:
        StoreError: a crawl writes the store, or it cannot be read.
        WriteError: it cannot be written.
    """
    try:
        return [*_ledgers(store), *_images(store), *_leftovers(store)]
    except (OSError, sqlite3.Error) as error:
        raise WriteError(f"cannot write the store {store.root}: {error}") from error


def _ledgers(store: Store) -> Iterator[str]:
    for path in filter(damaged, store.ledger_paths()):
        saved = salvage(path)
        rows = ", ".join(f"{table} {n:,}" for table, n in saved.rows.items() if n)
        lost = f"; parts of {', '.join(saved.unreadable)} are lost" if saved.unreadable else ""
        yield (
            f"{path} was made anew of the rows that could be read ({rows or 'none'}){lost}; "
            f"the damaged one lies in {saved.aside}"
        )


def _images(store: Store) -> Iterator[str]:
    wrong: defaultdict[Path, list[str]] = defaultdict(list)
    for file in wrong_files(store):
        file.path.unlink(missing_ok=True)
        wrong[file.ledger].append(file.sha256)
        yield f"{file.path} {file.why}: it is asked again by the next crawl"
    for path, names in wrong.items():
        with closing(Ledger(path)) as ledger:
            for name in names:
                found = ledger.tally("select id from image where sha256 = ?", (name,))
                ledger.images.forget([row["id"] for row in found])


def _leftovers(store: Store) -> Iterator[str]:
    for path in sorted(filter(is_leftover, store.images_dir.rglob("*"))):
        path.unlink()
        yield f"{path} was left by a write that was interrupted: it is deleted"
