"""What every engine must do, so that a new one is held to it by being there."""

import socket
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from damaged import cut, garble
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.http import HtmlResponse, Response, TextResponse

from carscrape.engines.base import Engine, HitPage, ResultPage, engine_names, load_engine
from carscrape.items import PageVerdict
from carscrape.pages import MAX_BYTES

PAGES = sorted(Path(__file__).parent.glob("*/*/page.*"))
every_engine = pytest.mark.parametrize("name", engine_names())


def readings(engine: Engine, response: Response) -> list[ResultPage | HitPage]:
    hits = [engine.parse_hits(response)] if engine.counts_hits else []
    return [engine.parse_images(response), *hits]


def url_of(engine: Engine) -> str:
    return engine.image_request("red ford mustang").url


def check(page: ResultPage | HitPage) -> None:
    assert isinstance(page.verdict, PageVerdict)
    if page.verdict != PageVerdict.RESULTS:
        assert page.detail
    if isinstance(page, ResultPage):
        assert bool(page.results) == (page.verdict == PageVerdict.RESULTS)
        assert page.next_cursor is None or page.results
        for result in page.results:
            assert result.image_url
            "\n".join(str(value) for value in vars_of(result)).encode()
    elif page.count is not None:
        assert page.verdict == PageVerdict.RESULTS
        assert 0 <= page.count < 2**63


def vars_of(result: object) -> list[object]:
    return [getattr(result, name) for name in result.__slots__]  # type: ignore[attr-defined]


@every_engine
def test_is_declared(name: str) -> None:
    engine = load_engine(name)
    assert engine.name == name
    assert engine.home.startswith("http")
    assert 0 < engine.page_size <= engine.max_results
    assert engine.delay > 0
    assert type(engine).__doc__


@every_engine
def test_requests_touch_no_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an engine opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    engine = load_engine(name)
    queries = ['red "Ford" Mustang & co', "größe 100%", "café\t#1"]
    requests = [engine.image_request(query) for query in queries]
    if engine.counts_hits:
        requests += [engine.hits_request(f'"{query}"') for query in queries]
    assert all(isinstance(request, Request) for request in requests)
    assert len({request.url for request in requests}) == len(requests)


@every_engine
@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (202, PageVerdict.BLOCKED),
        (302, PageVerdict.FAILED),
        (401, PageVerdict.BLOCKED),
        (403, PageVerdict.BLOCKED),
        (404, PageVerdict.FAILED),
        (418, PageVerdict.BLOCKED),
        (429, PageVerdict.BLOCKED),
        (500, PageVerdict.FAILED),
        (503, PageVerdict.FAILED),
    ],
)
def test_a_status_is_a_verdict(name: str, status: int, verdict: PageVerdict) -> None:
    engine = load_engine(name)
    for page in readings(engine, HtmlResponse(url_of(engine), status, body=b"<p>no</p>")):
        check(page)
        assert page.verdict == verdict
        assert str(status) in page.detail


@every_engine
@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"", PageVerdict.BLOCKED),
        (b" \n", PageVerdict.BLOCKED),
        (b"<html></html>", PageVerdict.LAYOUT_UNKNOWN),
        (b"{}", PageVerdict.LAYOUT_UNKNOWN),
        (b'{"results": 7}', PageVerdict.LAYOUT_UNKNOWN),
        (b"[" * 100_000, PageVerdict.LAYOUT_UNKNOWN),
        (b"<div>" * 100_000, PageVerdict.LAYOUT_UNKNOWN),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", PageVerdict.LAYOUT_UNKNOWN),
        (b"<p>Please solve the CAPTCHA</p>", PageVerdict.BLOCKED),
        (b" " * (MAX_BYTES + 1), PageVerdict.TOO_LARGE),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_strange_body_is_a_verdict(name: str, body: bytes, verdict: PageVerdict) -> None:
    engine = load_engine(name)
    for make in (Response, TextResponse, HtmlResponse):
        for page in readings(engine, make(url_of(engine), body=body)):
            check(page)
            assert page.verdict == verdict


@every_engine
@settings(deadline=None)
@given(
    body=st.binary(max_size=300),
    charset=st.sampled_from(["", "utf-8", "utf-7", "utf-16", "x-none", "gb18030", "cp1252"]),
)
def test_random_bytes_never_raise(name: str, body: bytes, charset: str) -> None:
    engine = load_engine(name)
    headers = {"Content-Type": f"text/html; charset={charset}"}
    for page in readings(engine, HtmlResponse(url_of(engine), headers=headers, body=body)):
        check(page)


@every_engine
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    page=st.sampled_from(PAGES),
    damage=st.sampled_from([cut, garble]),
    random=st.randoms(use_true_random=False),
)
def test_damaged_pages_never_raise(
    name: str, page: Path, damage: Callable[[bytes, Random], bytes], random: Random
) -> None:
    engine = load_engine(name)
    body = damage(page.read_bytes(), random)
    for read in readings(engine, HtmlResponse(url_of(engine), body=body)):
        check(read)
