"""What is special about Flickr: sizes, and a key that nobody may see."""

import json
import logging
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from json_answers import KEY, asked_of, images
from scrapy.http import TextResponse

from carscrape.engines.base import ResultPage
from carscrape.engines.flickr import Flickr
from carscrape.health import Health
from carscrape.items import PageVerdict
from carscrape.secrets import WithoutKeys
from carscrape.store import Store

SIZES = ["o", "l", "c", "z", "m", "n", "s", "t"]  # from the largest to the smallest


@given(sizes=st.sets(st.sampled_from(SIZES), min_size=1), random=st.randoms())
def test_the_largest_size_of_a_photo_is_taken(sizes: set[str], random: Random) -> None:
    fields: dict[str, object] = {"o_width": "1000", "o_height": 999}
    for size in sizes:
        side = 1000 - SIZES.index(size)
        fields[f"url_{size}"] = f"https://a.example/{size}.jpg"
        if size != "o":
            fields[f"width_{size}"], fields[f"height_{size}"] = side, str(side - 1)
    shuffled = dict(random.sample(list(fields.items()), len(fields)))
    (result,) = images("flickr", {"photos": {"photo": [shuffled]}, "stat": "ok"}).results
    largest = min(sizes, key=SIZES.index)
    side = 1000 - SIZES.index(largest)
    assert result.image_url == f"https://a.example/{largest}.jpg"
    assert (result.width, result.height) == (side, side - 1)


@pytest.mark.accepts("A09")
def test_the_key_is_in_no_url_cursor_log_or_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARSCRAPE_FLICKR_KEY", KEY)
    engine = Flickr()
    request = engine.image_request("red kettle", "2", {"licence": "any"})
    assert asked_of(request)["api_key"] == [KEY]
    assert KEY not in request.url

    answer = {"photos": {"page": 1, "pages": 9, "photo": [{"url_l": "https://a.example/1"}]}}
    assert engine.parse_images(TextResponse(request.url, body=json.dumps(answer).encode())) == (
        ResultPage(PageVerdict.RESULTS, images("flickr", answer).results, next_cursor="2")
    )

    logger, handler = logging.getLogger("of-this-test"), logging.StreamHandler()
    handler.addFilter(WithoutKeys())
    logger.addHandler(handler)
    logger.warning("asked %r with %r", request, request.body)
    logger.removeHandler(handler)
    assert "api_key=[key]" in capsys.readouterr().err

    store = Store(tmp_path)
    store.create()
    echo = TextResponse(request.url, body=f"no such key: {KEY}".encode())
    lane: Any = SimpleNamespace(engine=engine, closed="")
    Health().page(lane, PageVerdict.LAYOUT_UNKNOWN, "new", echo, store)
    (kept,) = (tmp_path / "evidence").iterdir()
    assert kept.read_text() == "no such key: [key]"
