import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Headers, Response
from scrapy.settings import Settings
from twisted.internet.error import ConnectionLost

from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.manners import LONGEST_PAUSE, opted_out, pause, retry_after
from carscrape.outcomes import outcome_of_error, outcome_of_status

NOW = 1_800_000_000.0


@pytest.mark.accepts("D01")
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 1999 08:00:30 GMT", 0.0),
        ("315360000", LONGEST_PAUSE),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("٧", None),
        ("9" * 400, LONGEST_PAUSE),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),
        ("9999999999999999999999 Jan 2024 00:00:00", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(Headers({"Retry-After": value}), NOW) == seconds


_PARTS = [
    "Mon,",
    "1",
    "Jan",
    "1-Jan-2024",
    "2024",
    "9" * 22,
    "00:00:00",
    "23:59:60",
    "0.0.0",
    "+9999",
]
_DATES = st.lists(st.sampled_from([*_PARTS, "+" + "9" * 22, "-", ",", ":", "GMT", "²", "1e5"]))


@pytest.mark.accepts("D01")
@given(
    st.binary(max_size=40)
    | st.integers(0, 10**400).map(lambda number: str(number).encode())
    | _DATES.map(lambda parts: " ".join(parts).encode("latin-1"))
)
def test_retry_after_survives_anything(value: bytes) -> None:
    seconds = retry_after(Headers({"Retry-After": value}), NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_PAUSE


@pytest.mark.accepts("D02")
@given(st.integers(0, 60) | st.integers(1000, 10**30))
def test_pauses_grow_but_not_for_ever(tries: int) -> None:
    longest = min(5 * 2 ** min(tries, 10), 600)
    assert 0.5 * longest <= pause(tries, 5.0) <= longest


@pytest.mark.accepts("D05")
@pytest.mark.parametrize(
    ("value", "out"),
    [
        ("noai", True),
        ("NoImageAI, nofollow", True),
        ("noindex", True),
        ("carscrape: noai", True),
        ("carscrape/0.1: noai", True),
        ("CarScrape/0.1 : noai", True),
        ("*: noai", True),
        ("max-snippet:-1, noai", True),
        ("noai,max-image-preview:large", True),
        ("noindex,max-image-preview:large", True),
        ("max-video-preview: 0, nofollow, noimageai", True),
        ("unavailable_after: Fri, 25 Jun 2010 15:00:00 PST, noai", True),
        ("otherbot: nofollow, carscrape: noai", True),
        ("noai, otherbot: nofollow", True),
        ("otherbot: noai, *: nofollow, noai", True),
        ("otherbot: noai", False),
        ("otherbot: noai, noimageai", False),
        ("otherbot:noai,max-snippet:-1,noimageai", False),
        ("carscraper: noai", False),
        ("carscrape: nofollow, otherbot: noai", False),
        ("max-image-preview: large", False),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", False),
        ("nofollow", False),
        ("", False),
    ],
)
def test_robots_tag(value: str, out: bool) -> None:
    assert (opted_out(Headers({"X-Robots-Tag": value})) is not None) == out


@pytest.mark.accepts("D05")
def test_opt_out_in_a_second_header_and_by_tdm() -> None:
    headers = Headers()
    headers.setlist("X-Robots-Tag", ["nofollow", "noai"])
    assert opted_out(headers) == "X-Robots-Tag: noai"
    assert opted_out(Headers({"TDM-Reservation": "1"})) == "TDM-Reservation: 1"


@pytest.mark.parametrize(
    ("status", "headers", "outcome"),
    [
        (200, {}, None),
        (204, {}, Outcome.EMPTY),
        (206, {}, Outcome.TRUNCATED),
        (302, {"Location": "file:///etc/passwd"}, Outcome.SCHEME),
        (302, {"Location": "/a:b"}, Outcome.REDIRECTS),
        (304, {}, Outcome.EMPTY),
        (401, {}, Outcome.REFUSED),
        (404, {}, Outcome.GONE),
        (410, {}, Outcome.GONE),
        (429, {}, Outcome.THROTTLED),
        (500, {}, Outcome.SERVER_ERROR),
        (503, {}, Outcome.SERVER_ERROR),
        (503, {"Retry-After": "3"}, Outcome.THROTTLED),
    ],
)
def test_statuses(status: int, headers: dict[str, str], outcome: Outcome | None) -> None:
    assert outcome_of_status(status, Headers(headers)) == outcome


def decoding(encoding: bytes) -> Callable[[], Any]:
    """Take a body apart that is not in the encoding it claims."""
    body = b"\x1b\xffthis is none of them"
    return lambda: HttpCompressionMiddleware._decode(body, encoding, 0)


def following(location: str) -> Callable[[], Any]:
    """Follow a redirect to what is not a URL."""
    middleware = RedirectMiddleware(Settings())
    middleware.crawler = SimpleNamespace(spider=None)  # type: ignore[assignment]
    request = Request("http://a.example/x")
    response = Response(request.url, 302, {"Location": location})
    return lambda: middleware.process_response(request, response)


def raising(error: Exception) -> Callable[[], Any]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("fail", "outcome"),
    [
        (raising(Refused(Outcome.PORT, "port 22")), Outcome.PORT),
        (raising(IgnoreRequest("max redirections reached")), Outcome.REDIRECTS),
        (raising(IgnoreRequest("exceeded DOWNLOAD_MAXSIZE")), Outcome.TOO_LARGE),
        (raising(DownloadCancelledError()), Outcome.TOO_LARGE),
        (raising(DownloadTimeoutError()), Outcome.TIMEOUT),
        (raising(CannotResolveHostError()), Outcome.DNS),
        (raising(ResponseDataLossError()), Outcome.TRUNCATED),
        (raising(UnsupportedURLSchemeError()), Outcome.SCHEME),
        (raising(DownloadFailedError("SSL routines")), Outcome.TLS),
        (raising(ConnectionLost()), Outcome.CONNECTION),
        (raising(ConnectionResetError()), Outcome.CONNECTION),
        (raising(RuntimeError("whatever")), Outcome.CONNECTION),
        (decoding(b"gzip"), Outcome.TRUNCATED),
        (decoding(b"deflate"), Outcome.TRUNCATED),
        (decoding(b"br"), Outcome.TRUNCATED),
        (decoding(b"zstd"), Outcome.TRUNCATED),
        (lambda: HttpCompressionMiddleware._decode(b"\x1f\x8b", b"gzip", 0), Outcome.TRUNCATED),
        (lambda: b"x".decode("x-mac-what"), Outcome.TRUNCATED),
        (lambda: b"\xff".decode("utf-8"), Outcome.TRUNCATED),
        (following("http://["), Outcome.REDIRECTS),
        (following("mailto:a@b"), Outcome.SCHEME),
        (following("http://x:abc/"), Outcome.REDIRECTS),
        (lambda: f"http://{'ä' * 70}.de".encode("ascii"), Outcome.REDIRECTS),
    ],
)
def test_every_error_has_an_outcome(fail: Callable[[], Any], outcome: Outcome) -> None:
    with pytest.raises(Exception, match=re.compile("")) as caught:
        fail()
    assert outcome_of_error(caught.value) == outcome
