"""Keeps robots.txt (RFC 9309), for pages and for images."""

import asyncio
import math
import re
import time
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.datatypes import LocalCache, SequenceExclude

from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.manners import AGENT, retry_after
from carscrape.outcomes import outcome_of_error, outcome_of_status
from carscrape.pins import FAILURE_SECONDS

API = "api"
"""Meta of a request to an interface made for programs: its terms hold in place of robots.txt."""

_ROBOTS_SECONDS = 3600.0  # RFC 9309 allows a day
_ROBOTS_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB
_ROBOTS_FILES = 1000  # kept at once; parsed, a long one takes a megabyte
_AGENT_LINE = re.compile(r"\s*user[- ]?agent[\s:]+([^#]*)", re.IGNORECASE)


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
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused."""
        if API in request.meta:
            return
        if "robots" in request.meta:
            # Anew for each hop. However long the file is, `Budgets` reads its beginning.
            request.meta.update(first_bytes=_ROBOTS_BYTES, download_maxsize=0)
            return
        parts = urlsplit(request.url)
        rules = await self._rules(f"{parts.scheme}://{parts.netloc}")
        if not rules.can_fetch(request.url, AGENT):
            raise Refused(Outcome.ROBOTS, "robots.txt disallows it")

    async def _rules(self, origin: str) -> Protego:
        asked = self._asked.get(origin)
        if asked is None or time.monotonic() > asked.until:
            asked = self._asked[origin] = _Asked(asyncio.ensure_future(self._ask(origin)))
        answer: Protego | BaseException
        if asked.task.done() and not asked.task.cancelled():
            answer = asked.task.exception() or asked.task.result()  # so it is for most images
        else:
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
            meta={"robots": True, "handle_httpstatus_list": SequenceExclude(range(300, 400))},
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
        return Protego.parse("\n".join(map(_merged, lines if whole else lines[:-1])))
    if 400 <= response.status < 500 and response.status != 429:
        return Protego.parse("")
    throttled = outcome_of_status(response.status, response.headers) == Outcome.THROTTLED
    raise Refused(
        Outcome.THROTTLED if throttled else Outcome.SERVER_ERROR,
        f"status {response.status}",
        retry_after(response.headers, time.time()),
    )


def _merged(line: str) -> str:
    """The line, but every agent that is not us under one name.

    Protego keeps each rule of a group once per agent, so that half a megabyte of agents before
    half a megabyte of rules would take hours and gigabytes.
    """
    found = _AGENT_LINE.match(line)
    name = found[1].strip().lower() if found else ""
    if not name:
        return line
    agent = name.replace("*", "").partition("/")[0].strip() or "*"
    return f"User-agent: {agent if agent == '*' or AGENT.startswith(agent) else 'others'}"
