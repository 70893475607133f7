"""Where the crawl may connect: the middleware decides and pins, the resolver obeys the pins.

The resolver never asks the DNS itself, so a connection can only go to an address that was
checked, on every redirect hop and for robots.txt too; a name that changes its answer between
check and connection (rebinding) gains nothing.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import idna
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.datatypes import LocalCache
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer

from carscrape.items import Outcome

PORTS = frozenset({80, 443, 8080, 8443})
_PIN_SECONDS = 600.0
# Less than the shortest pause before a retry, or the retry would be answered from the cache.
FAILURE_SECONDS = 2.0
# is_global is true for these, though each leads, or may lead, to an address inside.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("192.0.0.0/24", "168.63.129.16/32"),  # what clouds serve to their own machines
        *("192.88.99.0/24", "2001::/32", "2002::/16", "64:ff9b::/96", "64:ff9b:1::/48"),  # tunnels
        *("::/96", "fec0::/10", "3fff::/20"),  # withdrawn forms, documentation
    )
)


@dataclass(frozen=True, slots=True)
class _Pin:
    """What was found out about a host: the addresses it may be reached at, or a refusal."""

    addresses: tuple[str, ...]
    refusal: tuple[Outcome, str] | None  # not a Refused: raised again and again, it would grow
    until: float  # monotonic


_pins: LocalCache[str, _Pin] = LocalCache(10_000)
# Apart from the pins: the demo's addresses may be resolved, but pass the guard with its port alone.
_demo_hosts: set[str] = set()


class Refused(IgnoreRequest):
    """We do not make this request: why, and the seconds the host asked us to wait, if it did."""

    def __init__(self, outcome: Outcome, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail
        self.retry_after = retry_after


def is_public(address: str) -> bool:
    """Say whether an IP address is on the public internet, in every disguise it may wear."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return is_public(str(ip.ipv4_mapped))
    if any(ip in network for network in _NOT_PUBLIC):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class Guard:
    """Downloader middleware: refuses schemes, ports and addresses, and pins what may pass."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise Refused."""
        host, port = _destination(request.url)
        # Set in code by a spider that started the demo web; no setting reaches it.
        loopback: frozenset[tuple[str, int]] = getattr(self.crawler.spider, "loopback", frozenset())
        if (host, port) in loopback:
            _demo_hosts.add(host)
            return
        if port not in PORTS:
            raise Refused(Outcome.PORT, f"port {port}")
        pin = _pins.get(host)
        if pin is None or time.monotonic() > pin.until:
            pin = _pins[host] = _pin(host, await _resolve(host, port))
        if pin.refusal:
            raise Refused(*pin.refusal)


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
    return host, {"http": 80, "https": 443}[parts.scheme] if port is None else port


async def _resolve(host: str, port: int) -> list[str]:
    """Ask the DNS for every address of the host; [] where there is none."""
    loop = asyncio.get_running_loop()
    try:
        # getaddrinfo understands every spelling a C library does: 127.1, 0x7f.1, 2130706433
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _pin(host: str, addresses: list[str]) -> _Pin:
    """Judge the addresses of a host: one that is inside refuses them all."""
    now = time.monotonic()
    if not addresses:
        refusal = (Outcome.DNS, f"{host} does not resolve")
        return _Pin((), refusal, now + FAILURE_SECONDS)
    inside = [address for address in addresses if not is_public(address)]
    if inside:
        refusal = (Outcome.ADDRESS, f"{inside[0]} is not on the public internet")
        return _Pin((), refusal, now + _PIN_SECONDS)
    return _Pin(tuple(addresses), None, now + _PIN_SECONDS)


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing runs that could be cancelled."""


@implementer(IHostnameResolver)
class PinnedResolver:
    """Answers from the guard's pins and never asks: what was not checked does not resolve."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        return cls(reactor)

    def install_on_reactor(self) -> None:
        self.reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> _Resolution:
        """Give the pinned addresses of a host to the receiver; none if it was not checked."""
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        for address in _pinned(hostName):
            family = IPv6Address if ":" in address else IPv4Address
            resolutionReceiver.addressResolved(family("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return resolution


def _pinned(host: str) -> tuple[str, ...]:
    if host in _demo_hosts:
        return (host,)
    pins = (_pins.get(name) for name in _spellings(host))
    return next((pin.addresses for pin in pins if pin), ())


def _spellings(host: str) -> Iterator[str]:
    """What a URL may hold where Twisted asks with a host's Unicode form, of either IDNA."""
    yield host
    with suppress(UnicodeError):
        yield idna.encode(host).decode()
    with suppress(UnicodeError):
        yield host.encode("idna").decode()
