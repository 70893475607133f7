"""What a saved ledger is made of: a copy in one moment, its images, what it says of itself."""

import json
import sqlite3
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from carscrape.remote.claims import Shard, plan_of
from carscrape.remote.objects import Objects, RemoteError
from carscrape.store import Store, StoreError, WriteError, open_ledger

NOTE = "remote"  # in a ledger: the URL of the remote store, and the claim it is written under
_THREADS = 8
_BATCH = 256  # images in hand at once
_STORED = "select sha256, type from {}.image where outcome = 'stored'"
_COUNTS = {
    "image_search": "select (select count(*) from page where number = 0) as asked, "
    "(select count(*) from page where number = 0) - "
    "(select count(*) from page where verdict is null) as answered, count(*) as urls, "
    "coalesce(sum(final), 0) as ended, coalesce(sum(outcome = 'stored'), 0) as stored from image",
    "hitcounts": "select count(*) as asked, count(verdict) as answered from hit",
}


def copy_ledger(source: Path, target: Path) -> None:
    """Copy a ledger as it is in one moment, while it may be written, over what is there.

    Raises:
        WriteError: it cannot be copied.
    """
    try:
        with (
            closing(sqlite3.connect(source)) as old,
            closing(sqlite3.connect(target)) as new,
        ):
            old.backup(new)
    except sqlite3.Error as error:
        raise WriteError(f"cannot copy the ledger {source} to {target}: {error}") from error


def get_ledger(shard: Shard, number: int, path: Path) -> None:
    """Bring the ledger saved under a claim into a file.

    Raises:
        RemoteError: it is none, or the remote store cannot be reached.
        OSError: the file cannot be written.
    """
    shard.objects.get(shard.ledger_object(number), path)
    try:
        read_note(path)
    except StoreError as error:
        path.unlink()
        raise _damaged(shard, number, str(error.__cause__)) from error


def _damaged(shard: Shard, number: int, why: str) -> RemoteError:
    name = shard.ledger_object(number)
    others = shard.objects.names(shard.folder)
    saved = [other for other in others if other.endswith(".sqlite")]
    after = f"goes on from {saved[-2]}" if len(saved) > 1 else "begins this shard anew"
    claim = shard.objects.read(name.replace(".sqlite", ".json"))
    return RemoteError(
        f"the ledger {shard.objects.url}/{name} is damaged ({why}): crawl again in "
        f"{_writer(claim or b'')}, which saves a whole one; if that is lost, delete this object, "
        f"and the next crawl {after}"
    )


def _writer(claim: bytes) -> str:
    try:
        return str(json.loads(claim)["node"])
    except (ValueError, TypeError, KeyError):
        return "the store of the machine that saved it"


def make_single_file(path: Path) -> None:
    """Let a copy of a ledger be one file that can be sent alone."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma journal_mode = delete")


def read_note(path: Path) -> tuple[str, int]:
    """The remote store and the claim that a ledger was written under; ("", 0) if none."""
    with open_ledger(path) as db:
        row = db.execute("select value from note where name = ?", (NOTE,)).fetchone()
    url, number = json.loads(row["value"]) if row else ("", 0)
    return str(url), int(number)


def has_runs(path: Path) -> bool:
    """Whether a crawl ever began to ask from a ledger."""
    with open_ledger(path) as db:
        if not db.execute("select 1 from sqlite_master where name = 'run'").fetchone():
            return False
        return db.execute("select 1 from run").fetchone() is not None


def state_of(path: Path) -> dict[str, Any]:
    """What the last run of a ledger asked, how it ended, and the counts that its claim shows."""
    with open_ledger(path) as db:
        run = db.execute("select * from run order by id desc limit 1").fetchone()
        if run is None:
            return {}
        counts = db.execute(_COUNTS[run["spider"]]).fetchone()
        plan = plan_of(run["spider"], json.loads(run["arguments"]))
        ended = {name: run[name] for name in ("reason", "exit_code")}
        return {"plan": plan, **ended, **dict(counts)}


def send_images(store: Store, objects: Objects, ledger: Path, saved: Path) -> None:
    """Send the images that a ledger names, but for those that an earlier copy of it named.

    Raises:
        RemoteError: one cannot be sent.
    """

    def send(image: tuple[str, str]) -> None:
        path = store.image_path(*image)
        name = path.relative_to(store.root).as_posix()
        if path.exists():
            objects.put(path, name)
        elif not objects.has(name):
            raise RemoteError(f"{path} is missing: run python -m postprocess doctor {store.root}")

    with ThreadPoolExecutor(_THREADS) as threads, closing(_new_images(ledger, saved)) as images:
        while batch := list(islice(images, _BATCH)):
            list(threads.map(send, batch))


def _new_images(ledger: Path, saved: Path) -> Generator[tuple[str, str]]:
    with open_ledger(ledger) as db:
        sql = _STORED.format("main")
        if saved.exists():
            db.execute("attach ? as saved", (f"{saved.absolute().as_uri()}?mode=ro",))
            sql = f"{sql} except {_STORED.format('saved')}"
        for row in db.execute(f"select distinct * from ({sql})"):  # noqa: S608
            yield row["sha256"], row["type"]
