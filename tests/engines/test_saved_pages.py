"""Saved pages, each with what must be read from it: tests/engines/<engine>/<case>/."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import HtmlResponse, Response, TextResponse

from carscrape.engines.base import engine_names, load_engine

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/*/expected.json"))


def response_of(case: Path, expected: dict[str, Any], default_url: str) -> Response:
    (page,) = case.glob("page.*")
    kind = HtmlResponse if page.suffix == ".html" else TextResponse
    return kind(
        expected.pop("url", default_url),
        status=expected.pop("status", 200),
        headers={"Content-Type": "text/html; charset=utf-8"},
        body=page.read_bytes(),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_saved_page_is_read_as_expected(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    engine = load_engine(case.parent.name)
    response = response_of(case, expected, f"{engine.home}/")
    parse = {"images": engine.parse_images, "hits": engine.parse_hits}[expected.pop("read")]
    read = asdict(parse(response))
    assert said(read) == said(expected)


def said(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what is not said, of its results too."""
    kept = {name: value for name, value in record.items() if value not in ("", None, (), [])}
    if "results" in kept:
        kept["results"] = [said(result) for result in kept["results"]]
    return kept


def test_every_engine_has_saved_pages() -> None:
    assert {case.parent.name for case in CASES} == set(engine_names())
