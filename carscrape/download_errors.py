"""Scrapy's exceptions for what aiohttp raises; aiohttp's own is the cause of each."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def failing_as_scrapy_does() -> Iterator[None]:
    """Turn what aiohttp raises into what `outcomes.outcome_of_error` knows."""
    try:
        yield
    except TimeoutError:
        raise DownloadTimeoutError("it came too slowly") from None
    except aiohttp.ClientConnectorDNSError as error:
        raise CannotResolveHostError(str(error)) from error
    except aiohttp.ClientConnectorError as error:
        if error.os_error.errno == errno.ECONNREFUSED:
            raise DownloadConnectionRefusedError("the connection was refused") from error
        # Not its own text, which says "ssl" of every host.
        raise DownloadFailedError(str(error.os_error)) from error
    except aiohttp.ClientPayloadError as error:
        raise ResponseDataLossError(str(error)) from error
    except (aiohttp.InvalidUrlClientError, aiohttp.NonHttpUrlClientError) as error:
        raise UnsupportedURLSchemeError(str(error)) from error
    except aiohttp.ClientError as error:
        raise _failure(error) from error


def _failure(error: aiohttp.ClientError) -> Exception:
    if isinstance(error, aiohttp.ClientResponseError) and _ENDLESS_HEAD.match(error.message):
        return DownloadCancelledError("its headers do not end")
    return DownloadFailedError(str(error) or type(error).__name__)
