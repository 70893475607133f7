"""Captured pages of Yandex."""

import re
from collections.abc import Callable
from random import Random

import pytest
from captured import PAGES, captured, needs_pages, response_of, text_of
from damaged import cut, garble
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.http import HtmlResponse

from carscrape.engines.base import load_engine
from carscrape.items import PageVerdict

YANDEX = load_engine("yandex")
WEB, BLOCKED = captured("yandex_web"), captured("yandex_blocked")
POWERS = {"": 1, "тыс": 10**3, "млн": 10**6}

pytestmark = needs_pages


@pytest.mark.accepts("F03", "F07")
@pytest.mark.parametrize("name", WEB)
def test_every_count_is_read(name: str) -> None:
    text = text_of(name).replace("&nbsp;", "\xa0")
    said = re.findall(r"наш(?:лось|[её]л[сa]я)\s+(\d+)\s+(тыс|млн|)", text, re.IGNORECASE)
    page = YANDEX.parse_hits(response_of(name))
    counts = {int(digits) * POWERS[word] for digits, word in said}
    assert page.count == (counts.pop() if counts else None)
    assert not counts
    assert page.verdict == (PageVerdict.RESULTS if said else PageVerdict.NO_RESULTS)
    assert page.raw
    assert page.locale == "ru"


@pytest.mark.accepts("F02")
@pytest.mark.parametrize("status", [200, 302, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("name", BLOCKED)
def test_a_wall_is_blocked_whatever_its_status(name: str, status: int) -> None:
    assert YANDEX.parse_hits(response_of(name, status)).verdict == PageVerdict.BLOCKED


@settings(max_examples=10, deadline=None)
@given(
    name=st.sampled_from([*WEB, *BLOCKED] or [""]),
    damage=st.sampled_from([cut, garble]),
    random=st.randoms(use_true_random=False),
)
def test_damaged_pages_never_raise(
    name: str, damage: Callable[[bytes, Random], bytes], random: Random
) -> None:
    response = HtmlResponse(YANDEX.home, body=damage((PAGES / name).read_bytes(), random))
    assert isinstance(YANDEX.parse_hits(response).verdict, PageVerdict)
