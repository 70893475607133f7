"""How a download ended: an outcome for every error and every status."""

import zlib
from gzip import BadGzipFile

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Headers, Request, Response

from carscrape.guard import Refused
from carscrape.items import Outcome

_DECODERS = frozenset({"brotli", "backports.zstd"})  # Scrapy's affair, so not imported

NETWORK_ERRORS = (
    IgnoreRequest,
    DownloadTimeoutError,
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadCancelledError,
    DownloadFailedError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
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
        case ValueError():  # a Location that is no URL, or like javascript:x none of a web
            return Outcome.SCHEME if "Missing scheme" in text else Outcome.REDIRECTS
    if type(error).__module__ in _DECODERS:
        return Outcome.TRUNCATED
    tls = any(word in text for word in ("SSL", "certificate", "VerificationError"))
    return Outcome.TLS if tls else Outcome.CONNECTION


def outcome_of_status(status: int, headers: Headers) -> Outcome | None:
    """How an image ended that was answered with this status; None if the body decides."""
    if status in (200, 203):  # 203: as 200, by way of a proxy
        return None
    if status in (204, 205, 304):
        return Outcome.EMPTY
    if status == 206:  # a part, which nobody asked for
        return Outcome.TRUNCATED
    if status in (404, 410):
        return Outcome.GONE
    if status == 429 or (status == 503 and b"Retry-After" in headers):
        return Outcome.THROTTLED
    if status in (408, 425) or 500 <= status < 600:
        return Outcome.SERVER_ERROR
    if 300 <= status < 400:
        location = (headers.get(b"Location") or b"").decode("latin-1")
        scheme = location.partition(":")[0].lower() if ":" in location.split("/")[0] else "http"
        return Outcome.REDIRECTS if scheme in ("http", "https") else Outcome.SCHEME
    return Outcome.REFUSED


class StatusDecides:
    """Downloader middleware: drops the body of an image's error page before it is inflated.

    A bomb in it would end as `too_large`, though the image is gone.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        """Let the answer pass, without its body if nobody will read it."""
        if "item" in request.meta and outcome_of_status(response.status, response.headers):
            response.headers.pop(b"Content-Encoding", None)
            return response.replace(body=b"")
        return response
