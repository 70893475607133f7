"""What keeps a crawl going: it hands out what is due until nothing is due soon.

One internal request drives everything. Its callback is pulled by Scrapy only as earlier items
finish, which bounds what is open; items yielded from `start()` would not be bounded, and would
keep a graceful stop from ever ending (Scrapy 2.19).
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response

from carscrape.feeder import SCHEME
from carscrape.items import ImageResult
from carscrape.stopping import LOCAL_FAULT

if TYPE_CHECKING:
    from carscrape.spider import LedgerSpider

_LOOK_AGAIN = 0.2  # seconds; so soon an ended image is committed and its host asked for more


class Drive:
    """Asks a spider what may be asked, again and again."""

    def __init__(self, spider: "LedgerSpider") -> None:
        self._spider = spider
        self._something_ended = asyncio.Event()

    def request(self) -> Request:
        """The internal request."""
        return Request(f"{SCHEME}due", callback=self._hand_out, dont_filter=True)

    def wake(self) -> None:
        """Look again at once: something ended."""
        self._something_ended.set()

    async def _hand_out(self, response: Response) -> AsyncIterator[ImageResult | Request]:
        spider = self._spider
        assert spider.crawler.engine
        while not (spider.stop.reason or spider.crawler.engine.needs_backout()):
            self._something_ended.clear()
            if spider.network.is_suspect(spider.open()) and not await self._network_is_up():
                return
            gave = False
            with spider.stop.unless_written():
                for thing in spider.give(time.time()):
                    gave = True
                    yield thing
                if not gave:
                    wait = self._seconds_until_due()
                    if wait is None:
                        return
                    await self._wait(wait)

    async def _network_is_up(self) -> bool:
        """Wait for the network as long as we have patience; without it, the crawl ends."""
        spider = self._spider
        engine = spider.crawler.engine
        assert engine
        patience = spider.settings.getfloat("PATIENCE")
        if await spider.network.answers(patience, engine.needs_backout):
            return True
        if not engine.needs_backout():
            why = "the network here is down: nothing was held against a URL; run again to go on"
            spider.stop.now(LOCAL_FAULT, why)
        return False

    def _seconds_until_due(self) -> float | None:
        """How long to wait before looking again; None if that would take too long."""
        if self._spider.open():
            return _LOOK_AGAIN
        now = time.time()
        due = min(self._spider.next_due(), default=None)
        if due is None or due > now + self._spider.settings.getfloat("PATIENCE"):
            return None
        return min(max(due - now, 0.0), _LOOK_AGAIN)

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._something_ended.wait(), seconds)
        except TimeoutError:
            return
