"""Which hosts a page in the browser may speak to. Nothing here knows Playwright.

Chromium resolves names itself, past the guard. So it gets rules by which no other host resolves,
neither name nor number, and these hold for redirects and web sockets too, which no route sees.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request

from carscrape.engines.base import BROWSING

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Hosts:
    """What one page may load from: where it lies itself, and other hosts at their usual port."""

    own: tuple[str, int]
    others: tuple[str, ...] = ()  # as in `Browsing.hosts`

    @classmethod
    def of(cls, request: Request) -> Self:
        """Those of a request that a browser has to make."""
        _, host, port = _origin(request.url)
        return cls((host, port), request.meta[BROWSING].hosts)

    def allow(self, url: str) -> bool:
        """Whether the page may load this."""
        try:
            scheme, host, port = _origin(url)
        except (KeyError, ValueError):
            return False
        usual = port == _PORTS[scheme]
        return (host, port) == self.own or (
            usual and any(fnmatchcase(host, pattern) for pattern in self.others)
        )


def resolver_rules(pages: Iterable[Hosts]) -> str:
    """The value of Chromium's --host-resolver-rules under which only these hosts exist."""
    pages = list(pages)
    own = {f"{_written(host)}:{port}": _written(host) for host, port in (p.own for p in pages)}
    others = {pattern: None for page in pages for pattern in page.others}
    return ", ".join(
        [
            # Not EXCLUDE, which would open every port: on a loopback address, other servers.
            *(f"MAP {origin} {host}" for origin, host in own.items()),
            "MAP * ~NOTFOUND",
            *(f"EXCLUDE {pattern}" for pattern in others),
        ]
    )


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port; KeyError or ValueError if it is no http(s) URL."""
    parts = urlsplit(url)
    usual = _PORTS[parts.scheme]
    return parts.scheme, parts.hostname or "", usual if parts.port is None else parts.port


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
