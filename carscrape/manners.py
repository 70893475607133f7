"""What we owe the hosts we ask: robots.txt, opt-outs, and when to ask again after a failure."""

import asyncio
import math
import random
import time
import zlib
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from gzip import BadGzipFile
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

from carscrape.guard import FAILURE_SECONDS, Refused
from carscrape.items import Outcome

LONGEST_PAUSE = 3600.0  # seconds; a host that asks for ten years gets an hour
_LONGEST_RETRY = 600.0
_ROBOTS_SECONDS = 3600.0  # RFC 9309 allows a day
_ROBOTS_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB
_ROBOTS_FILES = 1000  # kept at once; parsed, a long one takes a megabyte
_OPT_OUTS = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none", "noml"})
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_DECODERS = frozenset({"brotli", "backports.zstd"})  # Scrapy's affair, so not imported
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
    """How an image ended whose download raised this, be it one of NETWORK_ERRORS or not."""
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
        case DownloadCancelledError():
            return Outcome.TOO_LARGE
        case UnsupportedURLSchemeError():
            return Outcome.SCHEME
        case ResponseDataLossError() | zlib.error() | BadGzipFile() | EOFError():
            return Outcome.TRUNCATED
        case LookupError() | UnicodeDecodeError():  # the body is not in the charset it claims
            return Outcome.TRUNCATED
        case ValueError():  # a Location that is no URL
            return Outcome.REDIRECTS
    if type(error).__module__ in _DECODERS:
        return Outcome.TRUNCATED
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
        except (ValueError, OverflowError):
            return None
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = aware.timestamp() - now
    return float(min(max(seconds, 0.0), LONGEST_PAUSE))


def pause(tries: int, first: float) -> float:
    """Seconds before the next try: doubling from `first`, jittered by half, at most 10 minutes."""
    doubled = first * 2.0 ** min(tries, 20)  # a float ends at 2 ** 1024
    # Jitter spreads retries; it need not be unpredictable.
    return min(doubled, _LONGEST_RETRY) * random.uniform(0.5, 1.0)  # noqa: S311


def opted_out(headers: Headers) -> str | None:
    """The header by which the owner of an image says no to its use, or None."""
    for raw in headers.getlist(b"X-Robots-Tag"):
        text = raw.decode("latin-1")
        if _says_no(text.lower()):
            return f"X-Robots-Tag: {text}"
    if (headers.get(b"TDM-Reservation") or b"").strip() == b"1":
        return "TDM-Reservation: 1"
    return None


def _says_no(tag: str) -> bool:
    """Whether an X-Robots-Tag, e.g. `noai, otherbot: none`, says no to us.

    A name before a colon is an agent, and what follows is for it alone, up to the next agent.
    """
    for_us = True
    for word in tag.split(","):
        name, colon, directive = (part.strip() for part in word.partition(":"))
        # No agent has a blank in its name, but the day before the hour of a date has.
        if colon and " " not in name and name not in _VALUED:
            for_us = name.partition("/")[0] in ("*", AGENT)
        if for_us and (directive or name) in _OPT_OUTS:
            return True
    return False


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
