"""The engine `demo` against the demo web itself: both are ours, and must understand each other."""

from collections.abc import Iterator
from itertools import islice
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse

from carscrape.engines.base import ResultPage
from carscrape.engines.demo import Demo
from carscrape.items import PageVerdict
from tests.conftest import start_demo


@pytest.fixture(scope="module")
def engine() -> Iterator[Demo]:
    running = start_demo(faults="none")
    demo = Demo()
    demo.port = running.port
    yield demo
    running.stop()


def ask(request: Request) -> HtmlResponse:
    try:
        with urlopen(request.url) as answer:
            return HtmlResponse(request.url, answer.status, dict(answer.headers), answer.read())
    except HTTPError as error:
        with error:
            return HtmlResponse(request.url, error.code, dict(error.headers), error.read())


def pages(engine: Demo, query: str) -> Iterator[ResultPage]:
    cursor = None
    while True:
        page = engine.parse_images(ask(engine.image_request(query, cursor)))
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


def test_every_page_of_a_query_is_read(engine: Demo) -> None:
    read = list(islice(pages(engine, "red Ford Mustang"), 100))
    assert {page.verdict for page in read} == {PageVerdict.RESULTS}
    assert {page.detail for page in read} == {""}
    assert [len(page.results) for page in read[:-1]] == [engine.page_size] * (len(read) - 1)
    assert len({result.image_url for page in read for result in page.results}) > engine.page_size


@pytest.mark.parametrize(
    ("word", "verdict"),
    [
        ("blockme", PageVerdict.BLOCKED),
        ("throttleonce", PageVerdict.BLOCKED),
        ("layoutme", PageVerdict.LAYOUT_UNKNOWN),
        ("nothingme", PageVerdict.NO_RESULTS),
        ("rewriteme", PageVerdict.REWRITTEN),
    ],
)
def test_what_a_search_does_wrong_is_told_apart(
    engine: Demo, word: str, verdict: PageVerdict
) -> None:
    assert next(pages(engine, f"red Ford Mustang {word}")).verdict == verdict


def test_a_quoted_phrase_is_counted(engine: Demo) -> None:
    models = ["Ford Mustang", "Honda Civic", "Kia Soul", "Audi A4", "Jeep Wrangler", "Saab 900"]
    read = [engine.parse_hits(ask(engine.hits_request(f'"{model} suv"'))) for model in models]
    assert {page.verdict for page in read} == {PageVerdict.RESULTS}
    assert sum(page.count is not None for page in read) >= 4


def test_a_phrase_that_nobody_wrote_has_no_count(engine: Demo) -> None:
    page = engine.parse_hits(ask(engine.hits_request('"nothingme"')))
    assert (page.verdict, page.count) == (PageVerdict.NO_RESULTS, None)
