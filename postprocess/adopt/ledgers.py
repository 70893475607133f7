"""The ledgers that pictures are adopted into."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from sqlite3 import DatabaseError
from urllib.parse import urldefrag

from carscrape.ledger import Ledger
from carscrape.store import Store, StoreError

ENGINE = "adopt"


class Ledgers:
    """The ledger that takes what is new, and those of a store that was crawled in shards."""

    def __init__(self, new: Ledger, others: list[Ledger]) -> None:
        self.new = new
        self._all = [new, *others]

    def of(self, url: str, query: str) -> Ledger:
        """The ledger that has this URL, the one with the query first; else the one for new ones."""
        if len(self._all) == 1:
            return self.new
        url = urldefrag(url).url
        sql = "select exists (select 1 from query where id = ?) from image where url = ?"
        known = {ledger: row for ledger in self._all for row in ledger.tally(sql, (query, url))}
        return max(known, key=lambda ledger: bool(known[ledger][0]), default=self.new)


@contextmanager
def open_ledgers(store: Store, folder: Path, with_others: bool) -> Iterator[Ledgers]:
    """The ledgers, open for a run that is written into the first and ended however it ends.

    Raises:
        StoreError: one is in use, damaged, or cannot be written.
    """
    path = store.ledger_path()
    others = set(store.ledger_dir.glob("*.sqlite")) - {path} if with_others else set()
    versions = {"python": sys.version.split()[0]}
    reason, code = "failed", 1
    try:
        with ExitStack() as stack:
            opened = [stack.enter_context(closing(Ledger(p))) for p in (path, *sorted(others))]
            run = opened[0].start_run(ENGINE, {"folder": str(folder)}, versions)
            try:
                yield Ledgers(opened[0], opened[1:])
                reason, code = "finished", 0
            finally:
                opened[0].end_run(run, reason, code)
    except DatabaseError as error:
        raise StoreError(f"cannot write the ledger {path}: {error}") from error
