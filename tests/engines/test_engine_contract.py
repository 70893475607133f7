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
from carscrape.filters import CHOICES, CODES, FILTERS, NO_FILTERS, Filters
from carscrape.items import PageVerdict
from carscrape.pages import MAX_BYTES

PAGES = sorted(Path(__file__).parent.glob("*/*/page.*"))
every_engine = pytest.mark.parametrize("name", engine_names())


def readings(engine: Engine, response: Response) -> list[ResultPage | HitPage]:
    images: list[ResultPage | HitPage] = []
    if engine.finds_images:
        images = [engine.parse_images(response)]
    return [*images, *([engine.parse_hits(response)] if engine.counts_hits else [])]


def requests(engine: Engine, query: str, filters: Filters = NO_FILTERS) -> list[Request]:
    images = [engine.image_request(query, None, filters)] if engine.finds_images else []
    codes = {name: value for name, value in filters.items() if name in CODES}
    return [*images, *([engine.hits_request(f'"{query}"', codes)] if engine.counts_hits else [])]


def url_of(engine: Engine) -> str:
    return requests(engine, "red ford mustang")[0].url


def text_of(request: Request) -> str:
    """All that tells a request from another."""
    return f"{request.url} {request.headers} {request.body!r} {request.meta}"


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
    assert engine.finds_images or engine.counts_hits
    assert 0 < engine.page_size <= engine.max_results
    assert engine.delay > 0
    assert type(engine).__doc__
    assert engine.terms
    assert "\n" not in engine.terms
    assert bool(engine.key_variable) == bool(engine.key_hint)
    assert set(engine.filters) <= set(FILTERS)
    for filter_, values in engine.filters.items():
        assert set(values) <= set(CHOICES.get(filter_, ()))
        assert bool(values) == (filter_ in CHOICES)


@every_engine
def test_every_filter_changes_the_request(name: str) -> None:
    engine = load_engine(name)
    plain = [text_of(request) for request in requests(engine, "red ford")]
    for filter_, values in engine.filters.items():
        code = {"language": "de", "market": "AT"}.get(filter_)
        asked = {
            value: [text_of(r) for r in requests(engine, "red ford", {filter_: value})]
            for value in ([code] if code else values)
        }
        assert not engine.lacks(dict.fromkeys([filter_], next(iter(asked))))
        different = {texts[0] for texts in asked.values()} | {plain[0]}
        # At most one name is what an engine does anyway; several values may share one.
        names = set(values.values())
        assert len(different) >= len(names) if len(asked) > 1 else len(different) == 2


@every_engine
def test_a_filter_it_lacks_is_named(name: str) -> None:
    engine = load_engine(name)
    for filter_ in set(FILTERS) - set(engine.filters):
        assert filter_ in engine.lacks({filter_: "any"})
        assert name in engine.lacks({filter_: "any"})


@every_engine
def test_its_key_is_in_no_url(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """URLs stand in logs and in the ledger."""
    engine = load_engine(name)
    if not engine.key_variable:
        return
    assert engine.key_variable in engine.missing()
    monkeypatch.setenv(engine.key_variable, "this-is-a-secret")
    engine = load_engine(name)
    assert not engine.missing()
    for request in requests(engine, "red ford"):
        assert "this-is-a-secret" not in request.url
        assert "this-is-a-secret" in text_of(request)


@every_engine
def test_requests_touch_no_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an engine opened a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    engine = load_engine(name)
    queries = ['red "Ford" Mustang & co', "größe 100%", "café\t#1"]
    made = [request for query in queries for request in requests(engine, query)]
    assert all(isinstance(request, Request) for request in made)
    assert len({text_of(request) for request in made}) == len(made)


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
