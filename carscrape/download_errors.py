"""Scrapy's exceptions for what aiohttp raises; aiohttp's own is the cause of each."""

import errno
import re

import aiohttp
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

_ENDLESS_HEAD = re.compile("Too many headers|Got more than")  # aiohttp's words; it has no class


def as_scrapy_has_it(error: TimeoutError | aiohttp.ClientError) -> Exception:
    """What `outcomes.outcome_of_error` knows, for what aiohttp raised."""
    match error:
        case TimeoutError():
            return DownloadTimeoutError("it came too slowly")
        case aiohttp.ClientConnectorDNSError():
            return CannotResolveHostError(str(error))
        case aiohttp.ClientConnectorError() if error.os_error.errno == errno.ECONNREFUSED:
            return DownloadConnectionRefusedError("the connection was refused")
        case aiohttp.ClientConnectorError():  # not its own text, which says "ssl" of every host
            return DownloadFailedError(str(error.os_error))
        case aiohttp.ClientPayloadError():
            return ResponseDataLossError(str(error))
        case aiohttp.InvalidUrlClientError() | aiohttp.NonHttpUrlClientError():
            return UnsupportedURLSchemeError(str(error))
        case aiohttp.ClientResponseError() if _ENDLESS_HEAD.match(error.message):
            return DownloadCancelledError("its headers do not end")
    return DownloadFailedError(str(error) or type(error).__name__)
