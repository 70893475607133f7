"""Lets the keeper of a remote copy work beside a running crawl, never in its event loop."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Any

from scrapy.settings import BaseSettings

from carscrape.arguments import Arguments
from carscrape.remote.keeper import Keeper
from carscrape.stopping import STORE_UNWRITABLE, Stop
from carscrape.store import StoreError

logger = logging.getLogger(__name__)
_SHARE = 10  # a ledger is saved in at most a tenth of the time, however large it is


class RemoteCopy:
    """The copy of a crawl's shard in REMOTE_STORE."""

    def __init__(self, settings: BaseSettings, arguments: Arguments, stop: Stop) -> None:
        self._arguments = arguments
        self._stop = stop
        self._url = settings["REMOTE_STORE"]
        self._interval = settings.getfloat("REMOTE_INTERVAL")
        self._keeper: Keeper | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def take(self) -> Keeper:
        """Claim the shard and bring the ledger here to where the remote one is.

        Raises:
            StoreError: another node holds it, or the remote store cannot be reached.
            OSError, sqlite3.Error: the store here cannot be written.
        """
        keeper = await asyncio.to_thread(self._take)
        if keeper.fetched:
            name = self._arguments.ledger_name
            logger.info("going on from the ledger %s in %s", name, self._url)
        return keeper

    def _take(self) -> Keeper:
        self._arguments.store.create()
        name = self._arguments.ledger_name
        # Known before it takes the shard: what fails behind the claim gives it up again.
        self._keeper = keeper = Keeper(self._url, self._arguments.store, name, self._interval)
        keeper.take()
        keeper.save_recipe(self._arguments.recipe.files)
        return keeper

    def begin(self) -> None:
        """From now on, hold the shard and save it every REMOTE_INTERVAL."""
        assert self._keeper
        self._tasks = [
            asyncio.ensure_future(self._repeat(self._keeper.renew)),
            asyncio.ensure_future(self._repeat(self._keeper.save)),
        ]

    async def _repeat(self, work: Callable[[], Any]) -> None:
        took = 0.0
        while True:
            await asyncio.sleep(max(self._interval, _SHARE * took))
            try:
                took = await asyncio.to_thread(work) or 0.0
            except (StoreError, OSError, sqlite3.Error) as error:
                self._stop.now(STORE_UNWRITABLE, str(error))
                return

    async def end(self, has_run: bool) -> None:
        """Save what the crawl ended with, and let others have the shard.

        Raises:
            StoreError: another node took it, or the remote store cannot be reached.
            OSError, sqlite3.Error: the copy cannot be made.
        """
        for task in self._tasks:
            task.cancel()
        if self._keeper and has_run:
            await asyncio.to_thread(self._keeper.save)
        if self._keeper:
            await asyncio.to_thread(self._keeper.give_up)
