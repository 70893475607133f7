"""Where the crawl may connect: decides on every request, and pins what may pass.

Every redirect hop and every robots.txt is a request of its own, so none of them gets past.
"""

import asyncio
import logging
import re
import time
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from carscrape.addresses import Network, is_in, is_public, private_networks
from carscrape.items import ImageResult, Outcome
from carscrape.pins import FAILURE_SECONDS, PIN_SECONDS, Pin, pins, read_number, resolve, unchecked

logger = logging.getLogger(__name__)
PORTS = frozenset({80, 443, 8080, 8443})
# What a host is made of. Nothing else resolves, but who knows what a proxy does with %2e.
_HOST = re.compile(r"[\w.:-]+", re.ASCII)


class Refused(IgnoreRequest):
    """We do not make this request: why, and the seconds the host asked us to wait, if it did."""

    def __init__(self, outcome: Outcome, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.retry_after = retry_after


class Guard:
    """Downloader middleware: refuses schemes, ports and addresses, and pins what may pass."""

    def __init__(self, crawler: Crawler, networks: tuple[Network, ...] = ()) -> None:
        self.crawler = crawler
        self.networks = networks  # private ones that the user opened
        self._asking: dict[str, asyncio.Task[Pin]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        try:
            networks = private_networks(crawler.settings)
        except ValueError:  # the spider says so, and ends before it asks anything
            networks = ()
        guard = cls(crawler, networks)
        crawler.signals.connect(guard.spider_opened, signal=signals.spider_opened)
        return guard

    def spider_opened(self) -> None:
        if self.networks:
            logger.warning(
                "private addresses may be asked in %s, by the setting ALLOW_PRIVATE_NETWORKS: "
                "whoever writes a result can make this crawl ask your own machines",
                ", ".join(map(str, self.networks)),
            )

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused; an image learns which hop it is at."""
        _note_hop(request)
        # On a redirect, Scrapy sends one to whoever asks for it in a Referrer-Policy header.
        request.headers.pop("Referer", None)
        host, port = _destination(request.url)
        # Set in code by a spider that started the demo web; no setting reaches it.
        loopback: frozenset[tuple[str, int]] = getattr(self.crawler.spider, "loopback", frozenset())
        if (host, port) in loopback:
            unchecked[host] = (host,)
            return
        if self._is_own(request, host, port):
            unchecked[host] = tuple(await resolve(host, port))
            return
        if port not in PORTS:
            raise Refused(Outcome.PORT, f"port {port}")
        if request.meta.get("proxy"):
            refusal = self._refusal_before_proxy(host)
        else:
            refusal = (await self._pin(host, port)).refusal
        if refusal:
            raise Refused(*refusal)

    def _is_own(self, request: Request, host: str, port: int) -> bool:
        """Whether an engine's own instance is asked, that the user named; never for an image."""
        own: frozenset[tuple[str, int]] = getattr(self.crawler.spider, "own_addresses", frozenset())
        # A stranger's robots.txt could lead there.
        by_itself = not {"item", "redirect_urls"} & set(request.meta)
        return by_itself and (host, port) in own

    async def _pin(self, host: str, port: int) -> Pin:
        """What is known of a host; all who want to know at once share one answer."""
        pin = pins.get(host)
        if pin is not None and time.monotonic() <= pin.until:
            return pin
        asking = self._asking.get(host)
        if asking is None:
            asking = self._asking[host] = asyncio.ensure_future(self._ask(host, port))
            asking.add_done_callback(lambda _: self._asking.pop(host))
        return await asyncio.shield(asking)  # a download that is abandoned takes no other with it

    async def _ask(self, host: str, port: int) -> Pin:
        pin = pins[host] = self._judge(host, await resolve(host, port))
        return pin

    def _judge(self, host: str, addresses: list[str]) -> Pin:
        """Judge the addresses of a host: one that is inside refuses them all."""
        now = time.monotonic()
        if not addresses:
            return Pin((), (Outcome.DNS, f"{host} does not resolve"), now + FAILURE_SECONDS)
        refusal = self._refusal_of(addresses)
        return Pin(() if refusal else tuple(addresses), refusal, now + PIN_SECONDS)

    def _refusal_of(self, addresses: list[str]) -> tuple[Outcome, str] | None:
        for address in addresses:
            if not is_public(address) and not is_in(address, self.networks):
                return Outcome.ADDRESS, f"{address} is not on the public internet"
        return None

    def _refusal_before_proxy(self, host: str) -> tuple[Outcome, str] | None:
        """What can be said of a host that the proxy resolves: only where it needs no resolving."""
        name = host.rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            return Outcome.ADDRESS, f"{host} is not on the public internet"
        return self._refusal_of(read_number(host))


def _note_hop(request: Request) -> None:
    item = request.meta.get("item")
    if isinstance(item, ImageResult):
        before: list[str] = request.meta.get("redirect_urls", [])
        item.hops = (*before[1:], request.url) if before else ()


def _destination(url: str) -> tuple[str, int]:
    """Host and port of an http(s) URL without user-info, or Refused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Refused(Outcome.SCHEME, f"not a URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise Refused(Outcome.SCHEME, f"scheme {parts.scheme!r}")
    if not host:
        raise Refused(Outcome.SCHEME, "no host")
    if "@" in parts.netloc:
        raise Refused(Outcome.SCHEME, "user name in the URL")
    if not _HOST.fullmatch(host):
        raise Refused(Outcome.SCHEME, f"no host can be called {host[:100]!r}")
    return host, {"http": 80, "https": 443}[parts.scheme] if port is None else port
