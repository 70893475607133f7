"""One download: to checked addresses alone, and within what an answer may cost.

aiohttp speaks HTTP and TLS, for less CPU than Scrapy's own handlers take.
"""

import asyncio
import ssl
from typing import TYPE_CHECKING

import aiohttp
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, DownloadCancelledError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from yarl import URL

from carscrape.download_errors import as_scrapy_has_it
from carscrape.engines.base import BROWSING
from carscrape.manners import opted_out
from carscrape.pins import Pinned, addresses_of

if TYPE_CHECKING:
    from carscrape.browser.browser import Browser

_HEADER_BYTES = 64 * 1024  # of one header; real ones have a few thousand at most
_HEADERS = 256  # of an answer
_BUFFER = 64 * 1024  # bytes of a body that may wait to be taken
# Near its limit a body is read in pieces of so many bytes, and as many may wait: the usual ones,
# of 256 KiB, would be read past it.
_NEAR, _LITTLE = 512 * 1024, 32 * 1024
_PROXYS = "Proxy-Authorization"
_IDLE_SECONDS = 60.0  # that a connection is kept for the next request


class Handler(BaseDownloadHandler):
    """Download handler with an end of headers and bodies, a total time and a minimum rate.

    An answer may take DOWNLOAD_RATE_GRACE seconds, and one more for every DOWNLOAD_MIN_RATE
    bytes of its body, and DOWNLOAD_TIMEOUT in all. Of an image that its owner keeps to himself
    the body is not read. Meta it reads: `first_bytes`, where only so
    many bytes are wanted and the rest is not read; BROWSING, where a browser has to ask.
    """

    lazy = True  # a session is made inside the event loop

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._grace = crawler.settings.getfloat("DOWNLOAD_RATE_GRACE")
        self._rate = crawler.settings.getint("DOWNLOAD_MIN_RATE")  # bytes per second
        self._largest = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._browser: Browser | None = None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=Pinned(),
                use_dns_cache=False,  # the pins are one
                limit=0,  # the slots are the limit
                keepalive_timeout=_IDLE_SECONDS,
                ssl=ssl.create_default_context(),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # Decompression does it, within a limit
            read_bufsize=_BUFFER,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
            max_headers=_HEADERS,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            timeout=aiohttp.ClientTimeout(total=None),
        )
        # True asks a URL once more, unseen, if its kept connection breaks: a try nobody counted.
        self._session._retry_connection = False

    async def close(self) -> None:
        """Close the connections that are kept, and the browser."""
        if self._browser:
            await self._browser.close()
        await self._session.close()

    async def download_request(self, request: Request) -> Response:
        """Download, or raise what Scrapy has for it (`scrapy.exceptions`)."""
        if BROWSING in request.meta:
            return await self._browse(request)
        try:
            return await self._ask(request)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise as_scrapy_has_it(error) from error

    async def _ask(self, request: Request) -> Response:
        limit = request.meta.get("download_timeout", self._grace)
        end = asyncio.get_running_loop().time() + limit
        headers, proxys = _headers(request)
        async with (
            asyncio.timeout(min(limit, self._grace)) as deadline,
            self._session.request(
                request.method,
                _destination(request),
                data=request.body or None,
                allow_redirects=False,
                proxy=request.meta.get("proxy"),
                headers=headers,
                proxy_headers=proxys,
            ) as answer,
        ):
            return await self._read(request, answer, deadline, end)

    async def _browse(self, request: Request) -> Response:
        # Not at the top: what it needs is installed only where an engine needs it.
        from carscrape.browser.browser import Browser

        self._browser = Browser.of(self.crawler)
        return await self._browser.read(request)

    async def _read(
        self,
        request: Request,
        answer: aiohttp.ClientResponse,
        deadline: asyncio.Timeout,
        end: float,
    ) -> Response:
        headers = Headers(answer.raw_headers)
        most = request.meta.get("download_maxsize", self._largest)
        length = answer.content_length
        if most and length and length > most:
            raise DownloadCancelledError(f"its length is {length} bytes, over {most}")
        is_image = "item" in request.meta
        body = b""
        if not (is_image and opted_out(headers)):
            body = await self._body(request, answer, most, deadline, end)
        kind = Response  # an image is what its bytes say, whatever page it could be
        if not is_image:
            kind = responsetypes.from_args(headers=headers, url=request.url, body=body)
        return kind(request.url, status=answer.status, headers=headers, body=body)

    async def _body(
        self,
        request: Request,
        answer: aiohttp.ClientResponse,
        most: int,
        deadline: asyncio.Timeout,
        end: float,
    ) -> bytes:
        wanted = request.meta.get("first_bytes")
        if wanted is not None:
            # It let the head pass; what the body inflates to is bounded by DOWNLOAD_MAXSIZE.
            request.meta.pop("download_maxsize", None)
        pieces, received = [], 0
        async for piece in answer.content.iter_any():
            pieces.append(piece)
            received += len(piece)
            if wanted is not None and received > wanted:
                break
            if most and received > most:
                raise DownloadCancelledError(f"it goes on after {most} bytes")
            if most and received > most - _NEAR:
                _read_little(answer)
            if not deadline.expired():
                later = (deadline.when() or 0.0) + len(piece) / self._rate
                deadline.reschedule(min(end, later))
        return b"".join(pieces)


def _read_little(answer: aiohttp.ClientResponse) -> None:
    """Let a connection bring a body in small pieces from now on."""
    if answer.connection and answer.connection.transport:
        # Neither has a public name; where an event loop knows none, its pieces stay large.
        answer.content._high_water = _LITTLE
        answer.connection.transport.max_size = _LITTLE  # type: ignore[attr-defined]


def _destination(request: Request) -> URL:
    """The URL as it is asked.

    Raises:
        CannotResolveHostError: nobody checked where this leads; a number would not be resolved.
    """
    url = URL(request.url, encoded=True)
    connects_to = URL(request.meta["proxy"]) if request.meta.get("proxy") else url
    if not addresses_of(connects_to.host or ""):
        raise CannotResolveHostError(f"{connects_to.host} was not checked")
    return url


def _headers(request: Request) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """The headers of a request, and apart from them those that only a tunnel's proxy may see."""
    headers = request.headers.to_tuple_list()
    if request.url.startswith("http:") or _PROXYS not in request.headers:
        return headers, {}
    proxys = {name: value for name, value in headers if name == _PROXYS}
    return [one for one in headers if one[0] not in proxys], proxys
