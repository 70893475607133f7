"""What goes wrong in the browser, as Scrapy calls it, for outcomes.py and network.py to judge."""

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)

_NAMED = {
    "net::ERR_NAME_NOT_RESOLVED": CannotResolveHostError,
    "net::ERR_CONNECTION_REFUSED": DownloadConnectionRefusedError,
    "net::ERR_CONNECTION_TIMED_OUT": DownloadTimeoutError,
    "net::ERR_TIMED_OUT": DownloadTimeoutError,
}


def scrapys(error: Exception) -> Exception:
    """The exception of Scrapy's for one of Playwright's."""
    line = first_line(error)
    named = (kind for name, kind in _NAMED.items() if name in line)
    return next(named, DownloadFailedError)(line)


def first_line(error: Exception) -> str:
    """What Playwright says went wrong, without the log of the browser that follows it."""
    return str(error).partition("\n")[0]
