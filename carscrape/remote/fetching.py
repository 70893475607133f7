"""Brings a remote store into a folder, where postprocess reads it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from carscrape.lock import lock
from carscrape.remote.claims import Shard
from carscrape.remote.objects import Objects, RemoteError
from carscrape.remote.saving import copy_ledger, has_runs, read_note
from carscrape.store import Store

_THREADS = 8
_BATCH = 256
_FOLDERS = ("images", "ledger")  # what else lies beside them are the files of the recipe


def fetch(url: str, store: Store) -> tuple[int, int]:
    """Bring ledgers as they were last saved, and the images that are not here yet; counts both.

    Raises:
        StoreError: there is no store at the URL, or a crawl writes the one here.
        OSError: the folder cannot be written.
    """
    objects = Objects(url)
    shards = objects.names("ledger")
    if not shards:
        raise RemoteError(f"{objects.url} holds no store: it has no ledger/")
    store.create()
    ledgers = sum(_fetch_ledger(Shard(objects, name), store) for name in shards)
    for name in objects.names(""):
        if name not in _FOLDERS:
            objects.get(name, store.root / name)
    return ledgers, _fetch_images(objects, store)


def _fetch_ledger(shard: Shard, store: Store) -> bool:
    number = shard.newest_ledger()
    if not number:
        return False
    path = store.ledger_path(shard.name)
    _check_ours(path, shard.objects.url)
    aside = path.with_suffix(".fetched")
    with lock(path.with_suffix(".lock")):
        shard.objects.get(shard.ledger_object(number), aside)
        copy_ledger(aside, path)
        aside.unlink()
    return True


def _check_ours(path: Path, url: str) -> None:
    """Refuse to write over a ledger that may hold what the remote one does not."""
    crawled_here = path.with_suffix(".saved").exists()
    if crawled_here or (path.exists() and has_runs(path) and read_note(path)[0] != url):
        raise RemoteError(f"{path} is written by crawls of its own: fetch into another folder")


def _fetch_images(objects: Objects, store: Store) -> int:
    def bring(path: Path) -> None:
        objects.get(path.relative_to(store.root).as_posix(), path)

    missing, count = _missing(store), 0
    with ThreadPoolExecutor(_THREADS) as threads:
        while batch := list(islice(missing, _BATCH)):
            count += len(list(threads.map(bring, batch)))
    return count


def _missing(store: Store) -> Iterator[Path]:
    for sha256, mime in store.images().items():
        path = store.image_path(sha256, mime)
        if not path.exists():
            yield path
