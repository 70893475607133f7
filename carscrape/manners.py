"""What we owe the hosts we ask: robots.txt, opt-outs, and when to ask again after a failure."""

import asyncio
import random
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotConfigured,
    ResponseDataLossError,
    StopDownload,
    UnsupportedURLSchemeError,
)
from scrapy.http import Headers, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.datatypes import LocalCache, SequenceExclude
from twisted.internet.error import ConnectError, ConnectionClosed

from carscrape.guard import Refused
from carscrape.items import Outcome

LONGEST_PAUSE = 3600.0  # seconds; a host that asks for ten years gets an hour
_LONGEST_RETRY = 600.0
_ROBOTS_BYTES = 512 * 1024
_OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none", "noml"})
AGENT = "carscrape"

NETWORK_ERRORS = (
    IgnoreRequest,
    DownloadTimeoutError,
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadCancelledError,
    DownloadFailedError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
    ConnectError,
    ConnectionClosed,
)
"""Everything a download may raise for what hosts and networks do."""


def outcome_of_error(error: BaseException) -> Outcome:
    """How an image ended whose download raised one of NETWORK_ERRORS."""
    text = str(error)
    match error:
        case Refused():
            return error.outcome
        case IgnoreRequest():  # Scrapy's own: too many hops, or a body that inflates too far
            return Outcome.REDIRECTS if "redirect" in text else Outcome.TOO_LARGE
        case DownloadTimeoutError():
            return Outcome.TIMEOUT
        case CannotResolveHostError():
            return Outcome.DNS
        case ResponseDataLossError():
            return Outcome.TRUNCATED
        case DownloadCancelledError():
            return Outcome.TOO_LARGE
        case UnsupportedURLSchemeError():
            return Outcome.SCHEME
    tls = any(word in text for word in ("SSL", "certificate", "VerificationError"))
    return Outcome.TLS if tls else Outcome.CONNECTION


def outcome_of_status(status: int, headers: Headers) -> Outcome | None:
    """How an image ended that was answered with this status; None if the body decides."""
    if status == 200:
        return None
    if status in (404, 410):
        return Outcome.GONE
    if status == 429 or (status == 503 and b"Retry-After" in headers):
        return Outcome.THROTTLED
    if status in (408, 425) or status >= 500:
        return Outcome.SERVER_ERROR
    if 300 <= status < 400:
        location = (headers.get(b"Location") or b"").decode("latin-1")
        scheme = location.partition(":")[0].lower() if ":" in location.split("/")[0] else "http"
        return Outcome.REDIRECTS if scheme in ("http", "https") else Outcome.SCHEME
    return Outcome.EMPTY if status == 204 else Outcome.REFUSED


def retry_after(headers: Headers, now: float) -> float | None:
    """Seconds the host asks to be left alone, from both forms of Retry-After; at most an hour."""
    text = (headers.get(b"Retry-After") or b"").decode("latin-1").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            date = parsedate_to_datetime(text)
        except ValueError:
            return None
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = aware.timestamp() - now
    return float(min(max(seconds, 0.0), LONGEST_PAUSE))


def pause(tries: int, first: float) -> float:
    """Seconds before the next try: doubling from `first`, jittered by half, at most 10 minutes."""
    # Jitter spreads retries; it need not be unpredictable.
    return min(first * 2.0**tries, _LONGEST_RETRY) * random.uniform(0.5, 1.0)  # noqa: S311


def opted_out(headers: Headers) -> str | None:
    """The header by which the owner of an image says no to its use, or None."""
    for raw in headers.getlist(b"X-Robots-Tag"):
        text = raw.decode("latin-1").lower()
        agent, colon, directives = text.partition(":")
        if colon and " " not in agent.strip() and agent.strip() not in ("unavailable_after",):
            if agent.strip() != AGENT:
                continue
            text = directives
        if _OPT_OUTS & {word.strip() for word in text.split(",")}:
            return f"X-Robots-Tag: {raw.decode('latin-1')}"
    if (headers.get(b"TDM-Reservation") or b"").strip() == b"1":
        return "TDM-Reservation: 1"
    return None


class OptOut:
    """Stops reading an image as soon as its headers say it is not to be used."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls()
        crawler.signals.connect(middleware.headers_received, signal=signals.headers_received)
        return middleware

    def headers_received(self, headers: Headers, request: Request) -> None:
        if "item" in request.meta and opted_out(headers):
            raise StopDownload(fail=False)


class Robots:
    """Keeps robots.txt (RFC 9309) for pages and images; asks each host for it once an hour."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self.crawler = crawler
        # host -> (the task that asks, until when its answer holds)
        self._asked: LocalCache[str, tuple[asyncio.Task[Protego], float]] = LocalCache(10_000)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused."""
        if request.meta.get("robots"):
            return
        parts = urlsplit(request.url)
        rules = await self._rules(f"{parts.scheme}://{parts.netloc}")
        if not rules.can_fetch(request.url, AGENT):
            raise Refused(Outcome.ROBOTS, "robots.txt disallows it")

    async def _rules(self, origin: str) -> Protego:
        task, until = self._asked.get(origin, (None, 0.0))
        if task is None or time.monotonic() > until:
            task = asyncio.ensure_future(self._ask(origin))
            self._asked[origin] = (task, time.monotonic() + LONGEST_PAUSE)
        try:
            return await task
        except Refused:
            # Not knowing the rules forbids the request (RFC 9309) but ends soon.
            self._asked[origin] = (task, min(self._asked[origin][1], time.monotonic() + 60))
            raise

    async def _ask(self, origin: str) -> Protego:
        meta = {"robots": True, "download_maxsize": _ROBOTS_BYTES}
        request = Request(
            f"{origin}/robots.txt",
            callback=NO_CALLBACK,
            meta={**meta, "handle_httpstatus_list": SequenceExclude(range(300, 400))},
        )
        assert self.crawler.engine
        try:
            response = await self.crawler.engine.download_async(request)
        except NETWORK_ERRORS as error:
            raise Refused(outcome_of_error(error), f"robots.txt: {error}") from None
        return _parse_robots(response)


def _parse_robots(response: Response) -> Protego:
    """Read the rules of an answer; where there is no file, everything is allowed."""
    if response.status == 200:
        return Protego.parse(response.body.decode("utf-8-sig", "replace"))
    if 400 <= response.status < 500 and response.status != 429:
        return Protego.parse("")
    raise Refused(Outcome.SERVER_ERROR, f"robots.txt answers {response.status}")
