"""Which addresses a host may be reached at, and the resolver that answers from these alone.

The resolver never asks the DNS itself, so a connection can only go to an address that was
checked; a name that changes its answer between check and connection (rebinding) gains nothing.
"""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import idna
from scrapy.crawler import Crawler
from scrapy.utils.datatypes import LocalCache
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from zope.interface import implementer

from carscrape.items import Outcome

PIN_SECONDS = 600.0
# Less than the shortest pause before a retry, or the retry would be answered from the cache.
FAILURE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Pin:
    """What was found out about a host: the addresses it may be reached at, or a refusal."""

    addresses: tuple[str, ...]
    refusal: tuple[Outcome, str] | None  # not a Refused: raised again and again, it would grow
    until: float  # monotonic


pins: LocalCache[str, Pin] = LocalCache(10_000)
"""Host as in a URL -> what the guard found out."""

unchecked: dict[str, tuple[str, ...]] = {}
"""The demo's hosts and the user's proxy: they may be inside, and are in no pin, or a URL could
name them. A request gets here only by the demo's port, or through the proxy."""


async def resolve(host: str, port: int) -> list[str]:
    """Ask the DNS for every address of the host; [] where there is none."""
    loop = asyncio.get_running_loop()
    try:
        # getaddrinfo understands every spelling a C library does: 127.1, 0x7f.1, 2130706433
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def read_number(host: str) -> list[str]:
    """The address that a host is in any spelling; [] for a name. Asks nobody."""
    number = host.rstrip(".")  # which browsers, and so perhaps proxies, do not mind
    try:
        found = socket.getaddrinfo(
            number, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError):
        return []
    return [str(info[4][0]) for info in found]


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
        for address in _addresses_of(hostName):
            family = IPv6Address if ":" in address else IPv4Address
            if addressTypes is None or family in addressTypes:
                resolutionReceiver.addressResolved(family("TCP", address, portNumber))
        resolutionReceiver.resolutionComplete()
        return resolution


def _addresses_of(host: str) -> tuple[str, ...]:
    for name in _spellings(host):
        if name in unchecked:
            return unchecked[name]
        pin = pins.get(name)
        if pin:
            return pin.addresses
    return ()


def _spellings(host: str) -> Iterator[str]:
    """What a URL may hold where Twisted asks with a host's Unicode form, of either IDNA."""
    yield host
    with suppress(UnicodeError):
        yield idna.encode(host).decode()
    with suppress(UnicodeError):
        yield host.encode("idna").decode()
