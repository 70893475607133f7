"""Which addresses a host may be reached at, as the guard found out.

The download handler connects to these alone and never asks the DNS itself, so a name that changes
its answer between check and connection (rebinding) gains nothing.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import idna
from aiohttp.abc import AbstractResolver, ResolveResult
from scrapy.utils.datatypes import LocalCache

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


def addresses_of(host: str) -> tuple[str, ...]:
    """The addresses that a host was checked to have; () if it was refused, or not checked."""
    for name in _spellings(host):
        if name in unchecked:
            return unchecked[name]
        pin = pins.get(name)
        if pin:
            return pin.addresses
    return ()


def _spellings(host: str) -> Iterator[str]:
    """What a URL may hold where its library gives a host's Unicode form, of either IDNA."""
    yield host
    with suppress(UnicodeError):
        yield idna.encode(host).decode()
    with suppress(UnicodeError):
        yield host.encode("idna").decode()


class Pinned(AbstractResolver):
    """Answers from the guard's pins and never asks: what was not checked does not resolve."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The pinned addresses of a host.

        Raises:
            OSError: it has none.
        """
        addresses = addresses_of(host)
        if not addresses:
            raise OSError(f"{host} was not checked")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""
