"""Tells our own network from those of others: if nobody answers, no URL is to blame.

What failed without having reached anybody is held back until somebody answers. Once all that is
open has failed like that, the homes of the engines are asked; if not even they answer, the fault
is ours: what is held goes back to the ledger as if it had not been asked, and the crawl waits.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence

from aiohttp import ServerDisconnectedError
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadConnectionRefusedError
from scrapy.http.request import NO_CALLBACK

from carscrape.items import Outcome
from carscrape.outcomes import outcome_of_error

logger = logging.getLogger(__name__)

UNREACHED = frozenset({Outcome.TIMEOUT, Outcome.DNS, Outcome.CONNECTION})
"""Outcomes of a download in which, it may be, nobody was reached."""

_ANSWER_SECONDS = 5.0
_ON_ITS_WAY = 1.0  # seconds
_PROXY_REFUSES = 407


class Network:
    """What failed and is held back, and whether anybody answers."""

    def __init__(self, crawler: Crawler, homes: Sequence[str]) -> None:
        """`homes`: URLs of hosts that answer if any do."""
        self._crawler = crawler
        self._homes = homes
        self._held: deque[tuple[float, Callable[[bool], None]]] = deque()  # since when (monotonic)

    def hold(self, settle: Callable[[bool], None]) -> None:
        """Hold a failure back; `settle` will be told whether its host is to blame."""
        self._held.append((time.monotonic(), settle))

    def reached(self) -> None:
        """Somebody answered: what failed before that is to blame for it."""
        # What was on its way when the network went down may be told after the first failures.
        self._settle(True, before=time.monotonic() - _ON_ITS_WAY)

    def is_suspect(self, open_: int) -> bool:
        """Whether all that is open, so many downloads, has failed and is held back."""
        return 0 < open_ <= len(self._held)

    async def answers(self, patience: float, is_stopping: Callable[[], bool]) -> bool:
        """Find out whether anybody answers, and wait so many seconds until somebody does."""
        if await self._anybody():
            self._settle(True)
            return True
        self._settle(False)
        logger.warning(
            "nobody answers, not even %s: the network here seems to be down; waiting %.0f s for it",
            ", ".join(self._homes),
            patience,
        )
        until = time.monotonic() + patience
        while time.monotonic() < until and not is_stopping():
            await asyncio.sleep(min(_ANSWER_SECONDS, patience / 10))
            if await self._anybody():
                logger.warning("the network is back")
                return True
        return False

    def _settle(self, blamed: bool, before: float = math.inf) -> None:
        while self._held and self._held[0][0] < before:
            _, settle = self._held.popleft()
            settle(blamed)

    async def _anybody(self) -> bool:
        return any(await asyncio.gather(*(self._does_answer(home) for home in self._homes)))

    async def _does_answer(self, home: str) -> bool:
        assert self._crawler.engine
        request = Request(
            f"{home}/robots.txt",
            callback=NO_CALLBACK,
            # "robots": it needs no leave, and only its beginning is read.
            meta={
                "robots": 0,
                "download_slot": "network",
                "download_timeout": _ANSWER_SECONDS,
                "handle_httpstatus_all": True,
            },
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # whatever it is, it tells whether there was an answer
            return is_answer(error) and "proxy" not in request.meta
        return response.status != _PROXY_REFUSES


def is_answer(error: BaseException) -> bool:
    """Say whether a failed download shows for certain that a host was reached all the same."""
    if isinstance(error, DownloadConnectionRefusedError):
        return True
    # Closed in order; what was torn may have been torn by a network that went away.
    closed = isinstance(error.__cause__, ServerDisconnectedError)
    return closed or outcome_of_error(error) not in UNREACHED
