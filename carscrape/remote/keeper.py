"""Keeps a shard's remote copy while it is crawled: claims it, fetches it, saves it as it grows."""

import json
import os
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

from carscrape.ledger import Ledger
from carscrape.lock import lock
from carscrape.remote.claims import Claim, Shard, check_cut
from carscrape.remote.objects import Objects, RemoteError
from carscrape.remote.recipes import send_recipe
from carscrape.remote.saving import (
    NOTE,
    copy_ledger,
    get_ledger,
    has_runs,
    make_single_file,
    read_note,
    send_images,
    state_of,
)
from carscrape.store import Store

BEATS = 3  # renewals that may fail to come before a node is taken for lost


class Keeper:
    """The remote copy of one shard, as seen by the node that crawls it. Blocks: for threads."""

    def __init__(self, url: str, store: Store, shard: str, interval: float) -> None:
        """Reach the remote store; `interval` is in seconds.

        Raises:
            RemoteError: it cannot be reached.
        """
        self._store = store
        self._path = store.ledger_path(shard)
        self._saved = self._path.with_suffix(".saved")  # the copy that the remote store has
        self._shard = Shard(Objects(url), shard)
        self._lease = BEATS * interval
        self._claim: Claim | None = None
        self._state = threading.Lock()  # of the claim
        self._saving = threading.Lock()
        self.fetched = False  # whether the ledger comes from another node

    def take(self) -> None:
        """Claim the shard, and fetch its ledger where another node went further.

        Raises:
            StoreError: another node holds it, or the ledger here belongs to another store.
            OSError, sqlite3.Error: the store cannot be written.
        """
        with lock(self._path.with_suffix(".lock")):
            # Who holds the lock of this folder knows that its earlier crawl is dead.
            node = f"{socket.gethostname()}:{self._store.root.absolute()}"
            check_cut(self._shard.objects, self._shard.name)
            self._claim = self._shard.lay(node, self._lease)
            url, number = self._mine()
            newest = self._shard.newest_ledger()
            if url != self._shard.objects.url or not newest:
                self._saved.unlink(missing_ok=True)
            if newest > number:
                self._fetch(newest)

    def _mine(self) -> tuple[str, int]:
        """Where the ledger here was saved, under which claim; ("", 0) for none."""
        if not self._path.exists() or not has_runs(self._path):
            return "", 0
        url, number = read_note(self._path)
        if url != self._shard.objects.url and self._shard.newest_ledger():
            raise RemoteError(
                f"{self._path} was not saved to {self._shard.objects.url}, which has another "
                f"ledger of this shard: use another STORE, or another REMOTE_STORE"
            )
        return url, number

    def _fetch(self, number: int) -> None:
        aside = self._path.with_suffix(".fetched")
        get_ledger(self._shard, number, aside)
        copy_ledger(aside, self._path)
        os.replace(aside, self._saved)
        self.fetched = True

    def mark(self, ledger: Ledger) -> None:
        """Write into the ledger under which claim it is written from now on."""
        assert self._claim
        ledger.note(NOTE, json.dumps([self._shard.objects.url, self._claim.number]))

    def renew(self) -> None:
        """Hold the shard for another while.

        Raises:
            RemoteError: another node took it, or the remote store cannot be reached.
        """
        with self._state:
            assert self._claim
            self._claim = self._shard.renew(self._claim, self._lease)

    def save(self) -> float:
        """Send the new images, then the ledger that names them; returns the ledger's seconds.

        Raises:
            StoreError: another node took the shard, or the remote store cannot be reached.
            OSError, sqlite3.Error: the copy cannot be made.
        """
        assert self._claim
        with self._saving:
            self._shard.check(self._claim)
            copy = self._path.with_suffix(".saving")
            copy.unlink(missing_ok=True)
            began = time.monotonic()
            copy_ledger(self._path, copy)
            make_single_file(copy)
            took = time.monotonic() - began
            send_images(self._store, self._shard.objects, copy, self._saved)
            began = time.monotonic()
            self._send(copy)
            return took + time.monotonic() - began

    def _send(self, copy: Path) -> None:
        assert self._claim
        self._shard.objects.put(copy, self._shard.ledger_object(self._claim.number))
        with self._state:
            self._claim = replace(self._claim, **state_of(copy))
            self._claim = self._shard.renew(self._claim, self._lease)
        os.replace(copy, self._saved)
        self._shard.forget_before(self._claim)

    def save_recipe(self, files: dict[str, bytes]) -> None:
        """Send the files of the recipe.

        Raises:
            RemoteError: the remote store was made from another, or cannot be reached.
        """
        send_recipe(self._shard.objects, files)

    def give_up(self) -> None:
        """Let another node claim the shard at once.

        Raises:
            RemoteError: another node did, or the remote store cannot be reached.
        """
        if self._claim:
            with self._state:
                self._claim = self._shard.renew(self._claim, 0)
