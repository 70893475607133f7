"""What is special about SearXNG: URLs of all kinds, and an address that the user gives."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from json_answers import KEY
from scrapy import Request
from scrapy.http import TextResponse

from carscrape.engines.base import load_engine
from carscrape.guard import Guard, Refused

HERE = Path(__file__).parent


@pytest.mark.accepts("F06")
def test_image_urls_are_resolved_or_refused() -> None:
    engine = load_engine("searxng")
    body = (HERE / "searxng" / "images_urls" / "page.json").read_bytes()
    page = engine.parse_images(TextResponse("http://127.0.0.1:8888/search", body=body))
    urls = {result.title: result.image_url for result in page.results}
    assert urls["relative"] == "http://127.0.0.1:8888/image/1.jpg"
    assert urls["without a scheme"] == "http://shop.example/2.jpg"
    assert urls["escaped"] == "https://shop.example/3.jpg?a=1&b=2"
    crawler: Any = SimpleNamespace(spider=SimpleNamespace())
    with pytest.raises(Refused, match="scheme 'data'"):
        asyncio.run(Guard(crawler).process_request(Request(urls["inline"])))


@pytest.mark.parametrize(
    ("url", "base", "address"),
    [
        ("http://127.0.0.1:8888", "http://127.0.0.1:8888", ("127.0.0.1", 8888)),
        (" https://Search.example/ ", "https://search.example", ("search.example", 443)),
        ("http://search.example/searx/", "http://search.example/searx", ("search.example", 80)),
        ("HTTP://[::1]:8080", "http://[::1]:8080", ("::1", 8080)),
    ],
)
def test_an_instance_of_ones_own_is_asked(
    url: str, base: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARSCRAPE_SEARXNG_URL", url)
    engine = load_engine("searxng")
    assert engine.missing() == ""
    assert engine.own_address == address
    assert engine.image_request("red kettle").url.startswith(f"{base}/search?q=red+kettle&")


@pytest.mark.parametrize(
    "url",
    [
        *("", "search.example", "ftp://search.example", "http://", "http://:80", "http://[::1"),
        *("http://search.example:port", "http://search.example:99999", "http://a b.example"),
        *(f"http://me:{KEY}@search.example", f"http://search.example/?token={KEY}"),
    ],
)
def test_what_is_no_instance_is_said_and_not_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARSCRAPE_SEARXNG_URL", url)
    engine = load_engine("searxng")
    assert "CARSCRAPE_SEARXNG_URL" in engine.missing()
    assert "\n" not in engine.missing()
    assert KEY not in engine.missing()
    assert engine.own_address is None
    assert urlsplit(engine.image_request("red kettle").url).hostname == "localhost"
