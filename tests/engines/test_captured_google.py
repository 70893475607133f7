"""Captured pages of Google."""

import json
import re
from collections.abc import Callable
from html import unescape
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from captured import PAGES, captured, needs_pages, response_of, text_of
from damaged import cut, garble
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from carscrape.engines.base import load_engine
from carscrape.items import PageVerdict

GOOGLE = load_engine("google")
IMAGES, WEB, BLOCKED = (captured(f"google_{kind}") for kind in ("images", "web", "blocked"))
PICTURE = r'\["([^"]+)",(\d+),(\d+)\]'

pytestmark = needs_pages


def named(text: str) -> dict[str, tuple[str, int, int]]:
    """Id -> image, width and height, by the pattern of their records alone."""
    records = re.findall(rf'"([\w-]+)",\["https://encrypted[^"]+",\d+,\d+\],{PICTURE}', text)
    return {
        id_: (json.loads(f'"{image}"'), int(width), int(height))
        for id_, image, height, width in records
    }


@pytest.mark.parametrize("name", IMAGES)
def test_every_image_is_read(name: str) -> None:
    page = GOOGLE.parse_images(response_of(name))
    expected = named(text_of(name))
    assert len(expected) == 100
    assert page.verdict == PageVerdict.RESULTS
    assert [(r.image_url, r.width, r.height) for r in page.results] == list(expected.values())
    assert page.next_cursor is None
    assert not page.detail


@pytest.mark.accepts("F06")
@pytest.mark.parametrize("name", IMAGES)
def test_every_result_has_a_page_a_title_and_no_escapes(name: str) -> None:
    text = text_of(name)
    for result in GOOGLE.parse_images(response_of(name)).results:
        assert result.image_url.startswith("http")
        assert "gstatic.com" not in result.image_url
        assert result.thumbnail.startswith("https://encrypted-tbn")
        assert result.title
        assert not re.search(r"\\u|\\x|&amp;", f"{result.title} {result.image_url}")
        assert result.page_url.startswith("http")
        assert f'data-lpage="{result.page_url}"' in unescape(text)


@pytest.mark.parametrize("name", IMAGES)
def test_the_links_of_tiles_say_the_same(name: str) -> None:
    results = {
        result.image_url: result for result in GOOGLE.parse_images(response_of(name)).results
    }
    links = re.findall(r'href="([^"]+/imgres\?[^"]+)"', text_of(name))
    assert links
    for link in links:
        said = parse_qs(urlsplit(unescape(link)).query)
        result = results[said["imgurl"][0]]
        assert result.page_url == said["imgrefurl"][0]
        assert (str(result.width), str(result.height)) == (said["w"][0], said["h"][0])


@pytest.mark.parametrize("name", IMAGES)
def test_tiles_are_read_where_records_are_lost(name: str) -> None:
    text = re.sub(r"<script.*?</script>", "", text_of(name), flags=re.DOTALL)
    page = GOOGLE.parse_images(HtmlResponse(GOOGLE.home, body=text.encode(), encoding="utf-8"))
    # Those of an opened image's preview come with no link, and count as nothing.
    linked = len(set(re.findall(r"[?&;]tbnid=([\w-]+)", text)))
    assert len(page.results) == linked
    assert page.detail == f"{100 - linked} of 100 results unreadable"
    assert all(r.image_url and r.page_url and r.title and r.width for r in page.results)


@pytest.mark.accepts("F07")
@pytest.mark.parametrize("name", WEB)
def test_every_count_is_read(name: str) -> None:
    """Each has one, and says it once outside of its styles."""
    (said,) = re.findall(
        r'id=\\?"result-?[sS]tats\\?"(?:>|\\u003E)([^<\\(]+)', unescape(text_of(name))
    )
    page = GOOGLE.parse_hits(response_of(name))
    assert page.verdict == PageVerdict.RESULTS
    assert page.count == int(re.sub(r"\D", "", said))
    assert said.strip().replace("\xa0", " ") in page.raw
    assert page.locale.startswith(name.split("/")[1][:2])


@pytest.mark.accepts("F02")
@pytest.mark.parametrize("status", [200, 302, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("name", BLOCKED)
def test_a_wall_is_blocked_whatever_its_status(name: str, status: int) -> None:
    assert GOOGLE.parse_images(response_of(name, status)).verdict == PageVerdict.BLOCKED
    assert GOOGLE.parse_hits(response_of(name, status)).verdict == PageVerdict.BLOCKED


@pytest.mark.parametrize("name", WEB)
def test_a_web_page_is_no_page_of_images(name: str) -> None:
    assert GOOGLE.parse_images(response_of(name)).verdict == PageVerdict.LAYOUT_UNKNOWN


@pytest.mark.accepts("F01")
@pytest.mark.parametrize("name", IMAGES)
def test_a_changed_layout_is_no_wall(name: str) -> None:
    """Although the page's scripts know the captcha's address."""
    text = text_of(name).replace('[0,"', '{0:"').replace("data-", "date-").replace("/imgres", "/i")
    page = GOOGLE.parse_images(HtmlResponse(GOOGLE.home, body=text.encode(), encoding="utf-8"))
    assert page.verdict == PageVerdict.LAYOUT_UNKNOWN


@settings(max_examples=10, deadline=None)
@given(
    name=st.sampled_from([*IMAGES, *WEB, *BLOCKED] or [""]),
    damage=st.sampled_from([cut, garble]),
    random=st.randoms(use_true_random=False),
)
def test_damaged_pages_never_raise(
    name: str, damage: Callable[[bytes, Random], bytes], random: Random
) -> None:
    response = HtmlResponse(GOOGLE.home, body=damage((PAGES / name).read_bytes(), random))
    assert isinstance(GOOGLE.parse_images(response).verdict, PageVerdict)
    assert isinstance(GOOGLE.parse_hits(response).verdict, PageVerdict)
