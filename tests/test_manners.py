import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Headers

from carscrape.items import Outcome
from carscrape.manners import LONGEST_PAUSE, opted_out, outcome_of_status, pause, retry_after

NOW = 1_800_000_000.0


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
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(Headers({"Retry-After": value}), NOW) == seconds


@given(st.binary(max_size=40))
def test_retry_after_survives_anything(value: bytes) -> None:
    seconds = retry_after(Headers({"Retry-After": value}), NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_PAUSE


@given(st.integers(0, 60))
def test_pauses_grow_but_not_for_ever(tries: int) -> None:
    assert 0.5 * min(5 * 2**tries, 600) <= pause(tries, 5.0) <= min(5 * 2**tries, 600)


@pytest.mark.parametrize(
    ("value", "out"),
    [
        ("noai", True),
        ("NoImageAI, nofollow", True),
        ("noindex", True),
        ("carscrape: noai", True),
        ("otherbot: noai", False),
        ("max-image-preview: large", False),
        ("unavailable_after: 25 Jun 2010 15:00:00 PST", False),
        ("nofollow", False),
        ("", False),
    ],
)
def test_robots_tag(value: str, out: bool) -> None:
    assert (opted_out(Headers({"X-Robots-Tag": value})) is not None) == out


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
        (206, {}, Outcome.REFUSED),
        (302, {"Location": "file:///etc/passwd"}, Outcome.SCHEME),
        (302, {"Location": "/a:b"}, Outcome.REDIRECTS),
        (304, {}, Outcome.REDIRECTS),
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
