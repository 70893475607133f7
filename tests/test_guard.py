import asyncio
import socket
import traceback
from types import SimpleNamespace
from typing import Any

import pytest
from scrapy import Request
from scrapy.core.downloader._idna_patch import _patched_idna_text

from carscrape import guard, pins, settings
from carscrape.addresses import is_public
from carscrape.guard import Guard, Refused
from carscrape.handler import Pinned
from carscrape.items import Outcome
from carscrape.manners import pause
from carscrape.pins import Pin


def ask(url: str, loopback: frozenset[tuple[str, int]] = frozenset()) -> None:
    crawler: Any = SimpleNamespace(spider=SimpleNamespace(loopback=loopback))
    asyncio.run(Guard(crawler).process_request(Request(url)))


INSIDE = (
    *("127.0.0.1", "127.255.255.255", "10.0.0.0", "10.1.2.3", "10.255.255.255"),
    *("172.16.0.1", "172.31.255.255", "192.168.0.0", "192.168.1.1", "192.168.255.255"),
    *("169.254.0.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200"),
    *("100.127.255.255", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "255.255.255.255"),
    *("240.0.0.1", "198.18.0.1", "198.19.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("192.0.0.192", "192.0.0.9", "192.88.99.1", "168.63.129.16", "::1", "::"),
    *("::ffff:168.63.129.16", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("::ffff:100.64.0.1", "::ffff:192.168.1.1", "::ffff:172.16.0.1", "::ffff:0.0.0.0"),
    *("fe80::1", "fe80::1%eth0", "febf::1", "fc00::1", "fd00::1", "fd00:ec2::254"),
    *("fd20:ce::254", "ff02::1", "ff0e::1", "fec0::1", "feff::1", "3fff::1", "3fff:fff::1"),
    *("2001:db8::1", "::7f00:1", "::127.0.0.1", "::a00:1", "100::1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2001:0:7f00:1::", "2001::1"),
)


@pytest.mark.accepts("A02", "A03")
@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "168.63.129.17", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_addresses_outside(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://127.0.0.1/", Outcome.ADDRESS),
        ("http://localhost/", Outcome.ADDRESS),
        ("http://127.1/", Outcome.ADDRESS),
        ("http://2130706433/", Outcome.ADDRESS),
        ("http://0x7f.0.0.1/", Outcome.ADDRESS),
        ("http://[::ffff:127.0.0.1]/", Outcome.ADDRESS),
        ("http://0.0.0.0/", Outcome.ADDRESS),
        ("http://①②⑦.⓪.⓪.①/", Outcome.ADDRESS),
        ("http://127.0.0.1:22/", Outcome.PORT),
        ("http://127.0.0.1:0/", Outcome.PORT),
        ("http://user:pw@127.0.0.1/", Outcome.SCHEME),
        ("ftp://127.0.0.1/x", Outcome.SCHEME),
        ("http:///x", Outcome.SCHEME),
        ("http://127%2e0.0.1/", Outcome.SCHEME),
        ("file:///etc/passwd", Outcome.SCHEME),
        ("s3://bucket/x", Outcome.SCHEME),
        ("http://nothing.invalid/", Outcome.DNS),
    ],
)
def test_refused(url: str, outcome: Outcome) -> None:
    with pytest.raises(Refused) as caught:
        ask(url)
    assert caught.value.outcome == outcome


def refusal(url: str) -> Refused:
    with pytest.raises(Refused) as caught:
        ask(url)
    return caught.value


def test_a_host_refused_again_gets_a_refusal_of_its_own() -> None:
    first, second = refusal("http://localhost/"), refusal("http://localhost/")
    assert first is not second
    assert (first.outcome, first.detail) == (second.outcome, second.detail)
    assert first.retry_after is None
    lengths = {len(traceback.extract_tb(error.__traceback__)) for error in (first, second)}
    assert len(lengths) == 1


def test_a_failed_name_is_asked_again_before_the_first_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    async def answer(self: Any, host: str, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        raise socket.gaierror

    clock = [1000.0]
    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", answer)
    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    for later in (0.0, 1.0, pause(0, settings.RETRY_DELAY)):
        clock[0] += later
        assert refusal("http://flaky.example/").outcome == Outcome.DNS
    assert asked == ["flaky.example"] * 2


def test_only_the_exact_address_and_port_of_the_demo_pass() -> None:
    loopback = frozenset({("127.0.0.2", 8123)})
    ask("http://127.0.0.2:8123/x", loopback)
    for url in ("http://127.0.0.2/x", "http://127.0.0.3:8123/x", "http://localhost:8123/x"):
        with pytest.raises(Refused):
            ask(url, loopback)


def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(self: Any, *args: Any, **kwargs: Any) -> list[Any]:
        return [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.7", 80))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", answer)
    with pytest.raises(Refused, match=r"10\.0\.0\.7"):
        ask("http://both.example/")


def resolved(host: str) -> list[str]:
    try:
        return [one["host"] for one in asyncio.run(Pinned().resolve(host, 80))]
    except OSError:
        return []


def test_the_resolver_answers_from_the_pins_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pins.pins, "xn--mller-kva.example", Pin(("8.8.8.8",), None, 1e18))
    assert resolved("localhost") == []
    assert resolved("xn--mller-kva.example") == ["8.8.8.8"]
    assert resolved("müller.example") == ["8.8.8.8"]


@pytest.mark.parametrize(
    "host",
    [
        "xn--strae-oqa.de",  # straße: IDNA 2003 makes it strasse
        "xn--fa-hia.de",
        "xn--i-7iq.ws",  # i❤: IDNA 2008 forbids it
        "xn--mller-kva.de.",
        "my_host.example.com",
    ],
)
def test_the_resolver_understands_the_names_twisted_asks_with(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setitem(pins.pins, host, Pin(("8.8.8.8",), None, 1e18))
    # What Scrapy puts in place of twisted.internet._idna._idnaText, which it falls back from.
    assert resolved(_patched_idna_text(host.encode())) == ["8.8.8.8"]


def test_what_was_refused_is_not_pinned_for_connecting() -> None:
    with pytest.raises(Refused):
        ask("http://localhost/")
    assert resolved("localhost") == []
