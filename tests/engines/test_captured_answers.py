"""JSON answers captured from the real APIs; they lie beside the project and are never part of it.

What a reader must find is counted in the text itself, so that a result it loses shows.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from damaged import cut, garble
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import TextResponse

from carscrape.engines.base import load_engine
from carscrape.items import PageVerdict, Result

PAGES = Path(__file__).parents[2] / ".." / "shared" / "pages"
PER_RESULT = {
    "wikimedia": r'"imageinfo":',
    "flickr": r'"secret":',
    "openverse": r'"foreign_landing_url":',
}
"""What stands once in every result of an engine."""

ANSWERS = sorted(
    path.relative_to(PAGES).as_posix()
    for engine in PER_RESULT
    for path in (PAGES / engine).glob("*.json")
    if re.search(PER_RESULT[engine], path.read_text("utf-8"))
)

pytestmark = pytest.mark.skipif(
    not PAGES.is_dir(), reason="the captured pages (../shared/pages) are not at hand"
)
every_answer = pytest.mark.parametrize("name", ANSWERS)


def text_of(name: str) -> str:
    return (PAGES / name).read_text("utf-8")


def response_of(name: str, status: int = 200) -> TextResponse:
    home = load_engine(name.partition("/")[0]).home
    return TextResponse(home, status, {"Content-Type": "application/json"}, text_of(name).encode())


def results_of(name: str) -> tuple[Result, ...]:
    page = load_engine(name.partition("/")[0]).parse_images(response_of(name))
    assert (page.verdict, page.detail) == (PageVerdict.RESULTS, "")
    return page.results


def strings(name: str, key: str) -> list[str]:
    """The texts under a key, wherever they stand, in their order."""
    found = re.findall(rf'"{key}":\s*("(?:[^"\\]|\\.)*")', text_of(name))
    return [json.loads(one) for one in found]


def test_there_are_answers_of_every_engine() -> None:
    assert {name.partition("/")[0] for name in ANSWERS} == set(PER_RESULT)


@every_answer
def test_no_result_is_lost(name: str) -> None:
    expected = len(re.findall(PER_RESULT[name.partition("/")[0]], text_of(name)))
    results = results_of(name)
    assert len(results) == expected
    assert len({result.image_url for result in results}) == expected
    for result in results:
        assert result.image_url.startswith("https://")
        assert result.page_url.startswith("https://")
        assert result.title
        assert result.licence
        assert "<" not in result.author


@every_answer
def test_only_an_answer_that_says_so_goes_on(name: str) -> None:
    page = load_engine(name.partition("/")[0]).parse_images(response_of(name))
    more = r'"continue":\s*\{' if name.startswith("wikimedia") else r'"page_count":\s*[1-9]'
    assert (page.next_cursor is not None) == bool(re.search(more, text_of(name)))


@pytest.mark.parametrize("name", [name for name in ANSWERS if name.startswith("wikimedia")])
def test_licences_and_authors_of_commons(name: str) -> None:
    results = results_of(name)
    # The pages that use a file have URLs too.
    files = [url for url in strings(name, "url") if url.startswith("https://upload.")]
    assert [result.image_url for result in results] == files
    metadata = re.findall(r'"(LicenseShortName|LicenseUrl|Artist)":\s*\{', text_of(name))
    assert sum(bool(result.licence) for result in results) == metadata.count("LicenseShortName")
    assert sum(bool(result.licence_url) for result in results) == metadata.count("LicenseUrl")
    assert sum(bool(result.author) for result in results) == metadata.count("Artist")
    assert all(result.width and result.height for result in results)


@pytest.mark.parametrize("name", [name for name in ANSWERS if name.startswith("flickr")])
def test_licences_and_authors_of_flickr(name: str) -> None:
    results = results_of(name)
    assert [result.author for result in results] == strings(name, "ownername")
    assert {"1"} == set(strings(name, "license"))
    assert {result.licence for result in results} == {"CC BY-NC-SA 2.0"}
    assert all(result.licence_url.startswith("https://creative") for result in results)
    large = strings(name, "url_l")
    assert [result.image_url for result in results if result.image_url in large] == large
    for result in results:
        longest = max(result.width or 0, result.height or 0)
        assert longest == 1024 if result.image_url in large else 0 < longest < 1024
    count = load_engine("flickr").parse_hits(response_of(name)).count
    assert [str(count)] == strings(name, "total")


@pytest.mark.parametrize("name", [name for name in ANSWERS if name.startswith("openverse")])
def test_licences_and_authors_of_openverse(name: str) -> None:
    results = results_of(name)
    assert [result.author for result in results] == strings(name, "creator")
    assert [result.image_url for result in results] == strings(name, "url")
    assert [result.licence_url for result in results] == strings(name, "license_url")
    assert {result.licence for result in results} == {"CC0 1.0"}
    assert load_engine("openverse").parse_hits(response_of(name)).count == 240


def test_a_throttled_answer_is_blocked() -> None:
    response = response_of("openverse/throttled_429.json", 429)
    assert load_engine("openverse").parse_images(response).verdict == PageVerdict.BLOCKED


@pytest.mark.parametrize("name", ["wikimedia", "flickr", "openverse", "brave", "searxng"])
def test_xml_is_of_unknown_layout(name: str) -> None:
    response = response_of("flickr/f4j_photos_search.xml")
    assert load_engine(name).parse_images(response).verdict == PageVerdict.LAYOUT_UNKNOWN


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(ANSWERS or [""]),
    damage=st.sampled_from([cut, garble]),
    random=st.randoms(use_true_random=False),
)
def test_damaged_answers_never_raise(
    name: str, damage: Callable[[bytes, Random], bytes], random: Random
) -> None:
    engine = load_engine(name.partition("/")[0])
    response = TextResponse(engine.home, body=damage(text_of(name).encode(), random))
    assert isinstance(engine.parse_images(response).verdict, PageVerdict)
    assert isinstance(engine.parse_hits(response).verdict, PageVerdict)
