"""The closed table of what each status and failure means, and whether it is asked again."""

import pytest
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Headers, Response
from twisted.internet.error import ConnectionLost

from carscrape.guard import Refused
from carscrape.items import FREE_OF_CHARGE, TRANSIENT, Outcome
from carscrape.outcomes import StatusDecides, outcome_of_error, outcome_of_status

GOOD = (200, 203)
AGAIN = {
    **dict.fromkeys((408, 425, 500, 501, 502, 503, 504, 507, 511), Outcome.SERVER_ERROR),
    **dict.fromkeys(range(520, 531), Outcome.SERVER_ERROR),
    206: Outcome.TRUNCATED,
    429: Outcome.THROTTLED,
}
NEVER = {
    **dict.fromkeys((204, 205, 304), Outcome.EMPTY),
    **dict.fromkeys((404, 410), Outcome.GONE),
    **dict.fromkeys((401, 402, 403, 451), Outcome.REFUSED),
    **dict.fromkeys((201, 202, 226, 400, 405, 406, 407, 409, 414, 416, 418, 999), Outcome.REFUSED),
    **dict.fromkeys((300, 301, 302, 303, 307, 308), Outcome.REDIRECTS),
}


@pytest.mark.accepts("C08")
@pytest.mark.parametrize(("status", "expected"), {**AGAIN, **NEVER}.items())
def test_each_status_has_one_meaning(status: int, expected: Outcome) -> None:
    assert outcome_of_status(status, Headers()) == expected
    assert (expected in TRANSIENT) == (status in AGAIN)


@pytest.mark.parametrize("status", GOOD)
def test_the_body_decides_where_there_is_one(status: int) -> None:
    assert outcome_of_status(status, Headers()) is None


def test_a_busy_server_that_names_a_time_throttles() -> None:
    asked_to_wait = Headers({"Retry-After": "7"})
    assert outcome_of_status(503, asked_to_wait) == Outcome.THROTTLED
    assert outcome_of_status(429, asked_to_wait) == Outcome.THROTTLED
    assert outcome_of_status(500, asked_to_wait) == Outcome.SERVER_ERROR
    assert {Outcome.THROTTLED} == FREE_OF_CHARGE


@pytest.mark.parametrize(
    ("error", "expected", "again"),
    [
        (CannotResolveHostError("x"), Outcome.DNS, True),
        (DownloadConnectionRefusedError("x"), Outcome.CONNECTION, True),
        (ConnectionLost(), Outcome.CONNECTION, True),
        (DownloadFailedError("[ConnectionLost()]"), Outcome.CONNECTION, True),
        (DownloadTimeoutError("x"), Outcome.TIMEOUT, True),
        (ResponseDataLossError(), Outcome.TRUNCATED, True),
        (DownloadFailedError("[Error([('SSL routines', '', 'verify')])]"), Outcome.TLS, False),
        (DownloadFailedError("[VerificationError(errors=[])]"), Outcome.TLS, False),
        (DownloadCancelledError("too large"), Outcome.TOO_LARGE, False),
        (IgnoreRequest("exceeded DOWNLOAD_MAXSIZE"), Outcome.TOO_LARGE, False),
        (IgnoreRequest("max redirections reached"), Outcome.REDIRECTS, False),
        (UnsupportedURLSchemeError("x"), Outcome.SCHEME, False),
        *(
            (Refused(outcome, "x"), outcome, False)
            for outcome in (Outcome.ADDRESS, Outcome.PORT, Outcome.ROBOTS, Outcome.SCHEME)
        ),
    ],
)
def test_each_failure_has_one_meaning(error: Exception, expected: Outcome, again: bool) -> None:
    assert outcome_of_error(error) == expected
    assert (expected in TRANSIENT) == again


def test_what_is_asked_again_is_a_closed_list() -> None:
    policy = {
        *(Outcome.ADDRESS, Outcome.PORT, Outcome.SCHEME, Outcome.ROBOTS, Outcome.OPTED_OUT),
        Outcome.TAKEN_DOWN,
        *(Outcome.TOO_LARGE, Outcome.TOO_MANY_PIXELS, Outcome.TYPE_NOT_ALLOWED),
    }
    ended = {Outcome.STORED, Outcome.GONE, Outcome.REFUSED, Outcome.TLS, Outcome.REDIRECTS}
    no_data = {Outcome.EMPTY, Outcome.NOT_AN_IMAGE}
    assert set(Outcome) == TRANSIENT | policy | ended | no_data
    assert not TRANSIENT & (policy | ended | no_data)


@pytest.mark.parametrize(
    ("meta", "status", "left"),
    [
        ({"item": 1}, 404, b""),
        ({"item": 1}, 200, b"packed"),
        ({}, 404, b"packed"),  # a page of an engine: what it says is looked at
    ],
)
def test_the_body_of_an_error_is_not_inflated(
    meta: dict[str, int], status: int, left: bytes
) -> None:
    request = Request("http://example.org/", meta=meta)
    headers = {"Content-Encoding": "gzip"}
    response = Response(request.url, status=status, headers=headers, body=b"packed")
    passed = StatusDecides().process_response(request, response)
    assert passed.body == left
    assert (b"Content-Encoding" in passed.headers) == bool(left)
