import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carscrape.ledger import Ledger
from carscrape.store import Store, StoreError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of one note, with no files beside its ledger and none that could be made there."""
    store = Store(tmp_path)
    store.create()
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.note("port", "8000")
    # Even root, who may write everywhere, cannot make a file through a link that leads nowhere.
    (store.ledger_dir / "all.sqlite-shm").symlink_to(tmp_path / "nowhere" / "shm")
    return store


def values(store: Store) -> list[str]:
    return [row["value"] for row in store.rows("select value from note")]


def test_a_ledger_whose_folder_cannot_be_written_is_read(store: Store) -> None:
    assert values(store) == ["8000"]


def test_so_is_one_with_the_empty_log_that_a_reader_leaves(store: Store) -> None:
    (store.ledger_dir / "all.sqlite-wal").touch()
    assert values(store) == ["8000"]


def test_rows_that_only_stand_in_the_log_are_not_passed_over(store: Store) -> None:
    (store.ledger_dir / "all.sqlite-wal").write_bytes(b"rows")
    with pytest.raises(StoreError, match=r"cannot read the ledger .*all\.sqlite: unable to open"):
        values(store)


def test_a_file_that_is_no_ledger_is_named(store: Store) -> None:
    store.ledger_path().write_bytes(b"no database, but long enough to be looked at" * 10)
    with pytest.raises(StoreError, match="not a database") as error:
        values(store)
    assert isinstance(error.value.__cause__, sqlite3.DatabaseError)
