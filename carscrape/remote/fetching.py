"""Brings a remote store into a folder, where postprocess reads it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from carscrape.lock import lock
from carscrape.remote.claims import Shard
from carscrape.remote.objects import Objects, RemoteError
from carscrape.remote.recipes import fetch_recipe
from carscrape.remote.saving import copy_ledger, get_ledger, has_runs, read_note
from carscrape.store import Store

_THREADS = 8
_BATCH = 256
_CURRENT = "verdicts/current.json"
_PART = re.compile(r"verdicts/\w+/[0-9a-f]{16}/part-[0-9a-f]{16}\.parquet")


def fetch(url: str, store: Store, *, images: bool = True) -> tuple[int, int]:
    """Bring ledgers as they were last saved, and the images that are not here yet; counts both.

    What was said of the images comes with them, and counts from now on.

    Args:
        images: False leaves them where they are.

    Raises:
        StoreError: there is no store at the URL, or a crawl writes the one here.
        OSError: the folder cannot be written.
    """
    objects = Objects(url)
    shards = [Shard(objects, name) for name in objects.names("ledger")]
    saved = [shard for shard in shards if shard.newest_ledger()]
    if not saved:
        raise RemoteError(f"{objects.url} holds no store: no ledger was saved there yet")
    store.create()
    for shard in saved:
        _fetch_ledger(shard, store)
    fetch_recipe(objects, store)
    _fetch_verdicts(objects, store)
    return len(saved), _bring(objects, store, _missing(store)) if images else 0


def _fetch_ledger(shard: Shard, store: Store) -> None:
    path = store.ledger_path(shard.name)
    _check_ours(path, shard.objects.url)
    aside = path.with_suffix(".fetched")
    with lock(path.with_suffix(".lock")):
        get_ledger(shard, shard.newest_ledger(), aside)
        copy_ledger(aside, path)
        aside.unlink()


def _check_ours(path: Path, url: str) -> None:
    """Refuse to write over a ledger that may hold what the remote one does not."""
    crawled_here = path.with_suffix(".saved").exists()
    if crawled_here or (path.exists() and has_runs(path) and read_note(path)[0] != url):
        raise RemoteError(f"{path} is written by crawls of its own: fetch into another folder")


def _fetch_verdicts(objects: Objects, store: Store) -> None:
    """Bring the parts that are not here yet, and last what says which of them count."""
    aside = (store.root / _CURRENT).with_suffix(".fetched")
    if objects.has(_CURRENT):
        objects.get(_CURRENT, aside)
    parts = (store.root / name for name in objects.below("verdicts") if _PART.fullmatch(name))
    _bring(objects, store, (part for part in parts if not part.exists()))
    if aside.exists():
        aside.replace(store.root / _CURRENT)


def _bring(objects: Objects, store: Store, missing: Iterator[Path]) -> int:
    def bring(path: Path) -> None:
        objects.get(path.relative_to(store.root).as_posix(), path)

    count = 0
    with ThreadPoolExecutor(_THREADS) as threads:
        while batch := list(islice(missing, _BATCH)):
            count += len(list(threads.map(bring, batch)))
    return count


def _missing(store: Store) -> Iterator[Path]:
    for sha256, mime in store.images().items():
        path = store.image_path(sha256, mime)
        if not path.exists():
            yield path
