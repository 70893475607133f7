"""Keeps robots.txt (RFC 9309), for pages and for images."""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    IgnoreRequest,
    NotConfigured,
    StopDownload,
)
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.datatypes import LocalCache, SequenceExclude

from carscrape.guard import FAILURE_SECONDS, Refused
from carscrape.items import Outcome
from carscrape.manners import AGENT, retry_after
from carscrape.outcomes import outcome_of_error, outcome_of_status

_ROBOTS_SECONDS = 3600.0  # RFC 9309 allows a day
_ROBOTS_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB
_ROBOTS_FILES = 1000  # kept at once; parsed, a long one takes a megabyte


@dataclass(slots=True)
class _Asked:
    """A question for the rules of a host, and until when (monotonic) its answer holds."""

    task: asyncio.Task[Protego]
    until: float = math.inf


class Robots:
    """Keeps robots.txt (RFC 9309) for pages and images; asks each host for it once an hour."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self.crawler = crawler
        self._asked: LocalCache[str, _Asked] = LocalCache(_ROBOTS_FILES)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.bytes_received, signal=signals.bytes_received)
        return middleware

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused."""
        if "robots" in request.meta:
            # Anew for each hop. However long the file is, `bytes_received` reads its beginning.
            request.meta.update(robots=_ROBOTS_BYTES, download_maxsize=0)
            return
        parts = urlsplit(request.url)
        rules = await self._rules(f"{parts.scheme}://{parts.netloc}")
        if not rules.can_fetch(request.url, AGENT):
            raise Refused(Outcome.ROBOTS, "robots.txt disallows it")

    def bytes_received(self, data: bytes, request: Request) -> None:
        if "robots" in request.meta:
            # From here on it bounds what these bytes inflate to, by DOWNLOAD_MAXSIZE.
            request.meta.pop("download_maxsize", None)
            request.meta["robots"] -= len(data)
            if request.meta["robots"] < 0:
                raise StopDownload(fail=False)

    async def _rules(self, origin: str) -> Protego:
        asked = self._asked.get(origin)
        if asked is None or time.monotonic() > asked.until:
            asked = self._asked[origin] = _Asked(asyncio.ensure_future(self._ask(origin)))
        # Awaited alone, the task would raise one exception again and again, and it would grow.
        (answer,) = await asyncio.gather(asked.task, return_exceptions=True)
        # Not knowing the rules forbids the request (RFC 9309) but ends soon.
        lifetime = _ROBOTS_SECONDS if isinstance(answer, Protego) else FAILURE_SECONDS
        asked.until = min(asked.until, time.monotonic() + lifetime)
        if isinstance(answer, Protego):
            return answer
        wait = answer.retry_after if isinstance(answer, Refused) else None
        reason = str(answer) or type(answer).__name__
        raise Refused(outcome_of_error(answer), f"robots.txt: {reason}", wait)

    async def _ask(self, origin: str) -> Protego:
        request = Request(
            f"{origin}/robots.txt",
            callback=NO_CALLBACK,
            meta={"robots": 0, "handle_httpstatus_list": SequenceExclude(range(300, 400))},
        )
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(request)
        except IgnoreRequest as error:
            if outcome_of_error(error) != Outcome.REDIRECTS:
                raise
            return Protego.parse("")  # RFC 9309: after five hops, as if there were no file
        return _parse_robots(response)


def _parse_robots(response: Response) -> Protego:
    """Read the rules of an answer; where there is no file, everything is allowed."""
    if response.status == 200:
        lines = response.body[:_ROBOTS_BYTES].decode("utf-8-sig", "replace").splitlines()
        # The last line of a part may be a part itself, and `Disallow: /` forbids everything.
        whole = len(response.body) <= _ROBOTS_BYTES
        return Protego.parse("\n".join(lines if whole else lines[:-1]))
    if 400 <= response.status < 500 and response.status != 429:
        return Protego.parse("")
    throttled = outcome_of_status(response.status, response.headers) == Outcome.THROTTLED
    raise Refused(
        Outcome.THROTTLED if throttled else Outcome.SERVER_ERROR,
        f"status {response.status}",
        retry_after(response.headers, time.time()),
    )
