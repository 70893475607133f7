"""Captured pages of Bing, and counts on those of engines that have no reader."""

import re
from collections.abc import Callable
from html import unescape
from random import Random

import pytest
from captured import PAGES, captured, needs_pages, response_of, text_of
from damaged import cut, garble
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from carscrape.engines.base import HitPage, ResultPage, load_engine
from carscrape.items import PageVerdict
from carscrape.numbers import read_count

BING = load_engine("bing")

pytestmark = needs_pages


def images(name: str) -> ResultPage:
    return BING.parse_images(response_of(name))


def hits(name: str) -> HitPage:
    return BING.parse_hits(response_of(name))


@pytest.mark.parametrize(
    ("name", "number", "distinct", "goes_on"),
    [
        ("bing_images/en_golang-gopher_47.html", 47, 42, True),
        ("bing_images/ar_coach-youmene_35.html", 35, 35, True),
        ("bing_images/en_rps-savana_1.html", 1, 1, False),
        ("bing_async/zh_async_1result_2020-11.html", 1, 1, True),
    ],
)
def test_every_image_is_read(name: str, number: int, distinct: int, goes_on: bool) -> None:
    page = images(name)
    assert page.verdict == PageVerdict.RESULTS
    assert len(page.results) == number
    assert len({result.image_url for result in page.results}) == distinct
    assert (page.next_cursor is not None) == goes_on
    for result in page.results:
        assert result.image_url.startswith("http")
        assert not {"\ue000", "\ue001"} & set(result.title)
        assert result.title
        assert result.thumbnail.startswith("https://")
        assert result.width
        assert result.height


@pytest.mark.parametrize("name", [*captured("bing_images"), *captured("bing_async")])
def test_no_record_is_lost(name: str) -> None:
    records = re.findall(r"[{,]\s*(?:&quot;|\")murl(?:&quot;|\")", text_of(name))
    assert len(images(name).results) == len(records) > 0


def test_carousels_have_no_page_but_a_title() -> None:
    page = images("bing_images/en_golang-gopher_47.html")
    in_carousels = [result for result in page.results if not result.page_url]
    assert len(in_carousels) == 12
    assert not any(result.title.startswith("Image result for") for result in in_carousels)


def test_the_next_page_is_the_pages_own() -> None:
    cursor = images("bing_images/en_golang-gopher_47.html").next_cursor
    assert cursor
    assert cursor.startswith("https://www.bing.com/images/async?q=golang+gopher&first=36&count=35")
    assert "imgbf=" in cursor
    assert BING.image_request("golang gopher", cursor).url.startswith(
        "https://www.bing.com/images/"
    )


def test_a_single_unrelated_result_is_said_to_be_suspicious() -> None:
    assert "single result" in images("bing_images/en_rps-savana_1.html").detail


@pytest.mark.parametrize(
    ("name", "count", "raw"),
    [
        ("bing_web/en_replit_5.2e9.html", 5_200_000_000, "5,200,000,000 results"),
        ("bing_web/en_test-keyword_p1_nbsp.html", 3_600_000, "3 600 000 results"),
        ("bing_web/en_test-keyword_p2_nbsp.html", 3_600_000, "7-16 of 3 600 000 results"),
    ],
)
def test_every_count_is_read(name: str, count: int, raw: str) -> None:
    assert hits(name) == HitPage(PageVerdict.RESULTS, count, raw, "en")


def test_a_count_for_the_phrase_without_quotes_is_not_the_phrases() -> None:
    page = hits("bing_web/de_28.400_dots.html")
    assert (page.verdict, page.count, page.raw) == (PageVerdict.REWRITTEN, None, "28.400 results")
    assert page.detail.startswith("Showing results for")
    assert read_count(page.raw) == 28_400


@pytest.mark.parametrize(
    ("name", "pattern", "count"),
    [
        ("baidu_web/zh_number.html", r"百度为您找到相关结果约[^<]*", 100_000_000),
        ("yahoo_web/de_snow.html", r"[\d.,]+ Ergebnisse", 19_400_000),
    ],
)
def test_counts_in_text_are_read(name: str, pattern: str, count: int) -> None:
    found = re.search(pattern, unescape(text_of(name)))
    assert found
    assert read_count(found[0]) == count


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("google_blocked/captcha_2016-09.html", 200),
        ("google_blocked/captcha_fr.html", 503),
        ("google_blocked/consent_2022-03-31.html", 200),
        ("google_blocked/error403_2021.html", 403),
        ("yandex_blocked/captcha_2019.html", 200),
        ("yandex_blocked/captcha_2021a.html", 200),
    ],
)
def test_walls_are_blocked_and_not_empty(name: str, status: int) -> None:
    assert BING.parse_images(response_of(name, status)).verdict == PageVerdict.BLOCKED
    assert BING.parse_hits(response_of(name, status)).verdict == PageVerdict.BLOCKED


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(
        [
            "bing_images/en_golang-gopher_47.html",
            "bing_images/ar_coach-youmene_35.html",
            "bing_async/zh_async_1result_2020-11.html",
            "bing_web/de_28.400_dots.html",
        ]
    ),
    damage=st.sampled_from([cut, garble]),
    random=st.randoms(use_true_random=False),
)
def test_damaged_pages_never_raise(
    name: str, damage: Callable[[bytes, Random], bytes], random: Random
) -> None:
    response = HtmlResponse(BING.home, body=damage((PAGES / name).read_bytes(), random))
    assert isinstance(BING.parse_images(response).verdict, PageVerdict)
    assert isinstance(BING.parse_hits(response).verdict, PageVerdict)


@pytest.mark.parametrize("name", ["google_images/en_cat_udm2_2024-08_100.html"])
def test_another_engines_page_is_of_unknown_layout(name: str) -> None:
    assert images(name).verdict in {PageVerdict.LAYOUT_UNKNOWN, PageVerdict.BLOCKED}


@pytest.mark.parametrize("name", ["bing_web/en_replit_5.2e9.html"])
def test_a_web_page_is_no_page_of_images(name: str) -> None:
    assert images(name).verdict == PageVerdict.LAYOUT_UNKNOWN
