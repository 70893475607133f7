"""What one answer may cost: bytes of its head and body, what they inflate to, and time."""

import asyncio
from typing import Any

from scrapy import Request, signals
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    StopDownload,
)
from scrapy.http import Response
from twisted.python.failure import Failure
from twisted.web._newclient import BODY, DONE

from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.outcomes import outcome_of_error
from carscrape.pages import MAX_BYTES, OVERSIZED

_HEAD_BYTES = 256 * 1024  # status and headers; servers themselves send a hundredth at most


class _HeadTooLong(Exception):  # noqa: N818
    """The headers have no end within `_HEAD_BYTES`."""


class _Protocol(_LenientHTTP11ClientProtocol):
    """Gives up on headers without end: Twisted keeps them all, and no limit of Scrapy's counts."""

    def request(self, request: Any) -> Any:
        """Send a request; its answer's head is counted anew."""
        self._head_left = _HEAD_BYTES
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802
        """Take bytes of an answer."""
        if self._parser is not None and self._parser.state not in (BODY, DONE):
            self._head_left -= len(data)
            if self._head_left < 0:
                self._giveUp(Failure(_HeadTooLong()))  # type: ignore[no-untyped-call]
                return
        super().dataReceived(data)  # type: ignore[no-untyped-call]


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _Protocol:  # noqa: N802
        return _Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class Handler(HTTP11DownloadHandler):
    """Scrapy's download handler with what it lacks: an end of the headers and a minimum rate.

    An answer may take DOWNLOAD_RATE_GRACE seconds, and one more for every DOWNLOAD_MIN_RATE
    bytes of its body that arrive after half of them. Meta it reads: `first_bytes`, where only so
    many bytes are wanted and the rest is not read.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _Factory
        # True asks a URL once more, unseen, if its kept connection breaks: a try nobody counted.
        self._pool.retryAutomatically = False
        self._signals = crawler.signals
        self._grace = crawler.settings.getfloat("DOWNLOAD_RATE_GRACE")
        self._rate = crawler.settings.getint("DOWNLOAD_MIN_RATE")  # bytes per second
        self._watched: dict[Request, asyncio.Timeout] = {}

    async def download_request(self, request: Request) -> Response:
        """Download, or raise what Scrapy raises for a time-out or too many bytes."""
        deadline = asyncio.timeout(self._grace)
        if "first_bytes" in request.meta:
            self._watch(request, deadline)
        later = asyncio.get_running_loop().call_later(
            self._grace / 2, self._watch, request, deadline
        )
        try:
            async with deadline:
                return await super().download_request(request)
        except TimeoutError:
            raise DownloadTimeoutError("it came too slowly") from None
        except DownloadFailedError as error:
            reasons = getattr(error.__cause__, "reasons", ())
            if any(reason.check(_HeadTooLong) for reason in reasons):
                raise DownloadCancelledError(f"over {_HEAD_BYTES} bytes of headers") from None
            raise
        finally:
            later.cancel()
            self._unwatch(request)

    def _watch(self, request: Request, deadline: asyncio.Timeout) -> None:
        # Only while somebody is slow: the signal for every piece costs a twentieth of an image.
        if not self._watched:
            self._signals.connect(self._bytes_received, signal=signals.bytes_received)
        self._watched[request] = deadline

    def _unwatch(self, request: Request) -> None:
        if self._watched.pop(request, None) and not self._watched:
            self._signals.disconnect(self._bytes_received, signal=signals.bytes_received)

    def _bytes_received(self, data: bytes, request: Request) -> None:
        """Take a piece of a body: it buys time, and may be the last that is wanted."""
        deadline = self._watched.get(request)
        if deadline is None:
            return
        if not deadline.expired():
            deadline.reschedule((deadline.when() or 0.0) + len(data) / self._rate)
        meta = request.meta
        if "first_bytes" in meta:
            # From here on it bounds what these bytes inflate to, by DOWNLOAD_MAXSIZE.
            meta.pop("download_maxsize", None)
            meta["first_bytes"] -= len(data)
            if meta["first_bytes"] < 0:
                raise StopDownload(fail=False)


class Budgets:
    """Downloader middleware: gives each request the limits of its kind."""

    def process_request(self, request: Request) -> None:
        """Set the size limit of a result page, and the slot of any other request."""
        if _is_page(request):
            request.meta["download_maxsize"] = MAX_BYTES
        else:
            # A redirect inherits the slot of the host it came from, past its own host's limits.
            request.meta.pop("download_slot", None)

    def process_exception(self, request: Request, exception: Exception) -> Response | None:
        """Answer for a result page that was cut off, which is no failure of the network."""
        if _is_page(request) and outcome_of_error(exception) == Outcome.TOO_LARGE:
            return _oversized(request)
        return None


class Decompression(HttpCompressionMiddleware):
    """Scrapy's decompression, with an outcome for a bomb and without encodings in encodings."""

    def process_response(  # type: ignore[override]
        self, request: Request, response: Response
    ) -> Request | Response:
        """Undo the Content-Encoding of a body.

        Raises:
            Refused: it inflates too far, or there is more than one encoding to undo.
        """
        if "robots" in request.meta and response.status != 200:
            return response  # nobody reads the body, so a bomb in it must not forbid a host
        encodings = b",".join(response.headers.getlist(b"Content-Encoding")).split(b",")
        if len(encodings) > 1:
            # Each layer would cost a whole limit of memory, and a header may name thousands.
            excess = f"{len(encodings)} encodings in each other"
        else:
            try:
                return super().process_response(request, response)
            except IgnoreRequest as error:
                excess = str(error)
        # Here and not above, where the new exception would hold the old one, whose traceback
        # holds all that was inflated.
        if _is_page(request):
            return _oversized(request)
        raise Refused(Outcome.TOO_LARGE, excess)


def _is_page(request: Request) -> bool:
    """Whether an engine is asked, and not an image host or a robots.txt."""
    slot = str(request.meta.get("download_slot", ""))
    return slot.startswith("engine:") and not {"item", "robots"} & set(request.meta)


def _oversized(request: Request) -> Response:
    return Response(request.url, flags=[OVERSIZED])
