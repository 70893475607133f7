"""What people said of images: one row per answer in STORE/review/answers.sqlite, none ever lost.

An answer is kept with the label it was about. One that is taken back keeps its row.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from carscrape.store import Store, StoreError, WriteError

_SCHEMA = """
create table if not exists answer (
    id integer primary key,
    image text not null,             -- sha256, hex
    about text not null,             -- JSON object: what the image was labelled
    mark text not null,              -- right, wrong or unsure
    only text not null,              -- the one attribute that is wrong; "" = all, or not said
    client text not null,            -- the browser's tab
    answered_at real not null,
    taken_back_at real               -- null: it counts
)
"""
_PATIENCE = 10.0  # seconds that one writer waits for another


class Mark(StrEnum):
    """What can be said of a label."""

    RIGHT = "right"
    WRONG = "wrong"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said of one image, and of which label."""

    image: str  # sha256, hex
    about: Mapping[str, str]  # attribute -> value
    mark: Mark
    only: str = ""  # the one attribute that is wrong; "": all of them, or not said
    client: str = ""
    number: int = 0  # in the order of the answers; 0: not written yet

    def on(self, *attributes: str) -> Mark:
        """What it says of these attributes, of those that it is about.

        "Wrong" with nothing named counts against every attribute.
        """
        elsewhere = self.only and self.only not in attributes
        return Mark.RIGHT if self.mark == Mark.WRONG and elsewhere else self.mark


def path_of(store: Store) -> Path:
    """Where the answers of a store lie."""
    return store.review_dir / "answers.sqlite"


def read(store: Store) -> list[Answer]:
    """Every answer that was not taken back, in the order they were given.

    Raises:
        StoreError: the file is there but cannot be read.
    """
    path = path_of(store)
    if not path.exists():
        return []
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as db:
            sql = "select image, about, mark, only, client, id from answer"
            rows = db.execute(f"{sql} where taken_back_at is null order by id").fetchall()
            return [Answer(id_, json.loads(about), Mark(m), *more) for id_, about, m, *more in rows]
    except (sqlite3.Error, ValueError) as error:
        raise StoreError(
            f"cannot read the answers {path}: {error}; move the file away to start anew"
        ) from error


def add(store: Store, answer: Answer) -> None:
    """Write one answer; it is on the disk when this returns.

    Raises:
        WriteError: it cannot be written.
    """
    about = json.dumps(dict(answer.about))
    row = (answer.image, about, answer.mark, answer.only, answer.client, time.time())
    with _writing(store) as db:
        db.execute(
            "insert into answer (image, about, mark, only, client, answered_at) "
            "values (?, ?, ?, ?, ?, ?)",
            row,
        )


def take_back(store: Store, answer: Answer) -> None:
    """Let an answer count no more.

    Raises:
        WriteError: it cannot be written.
    """
    with _writing(store) as db:
        sql = "update answer set taken_back_at = ? where id = ?"
        db.execute(sql, (time.time(), answer.number))


def prepare(store: Store) -> None:
    """Make the file if it is not there.

    Raises:
        WriteError: it cannot be written.
    """
    with _writing(store) as db:
        db.execute(_SCHEMA)


@contextmanager
def _writing(store: Store) -> Iterator[sqlite3.Connection]:
    path = path_of(store)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_PATIENCE)) as db, db:
            db.execute("pragma synchronous = full")
            yield db
    except (sqlite3.Error, OSError) as error:
        raise WriteError(f"cannot write the answers {path}: {error}") from error
