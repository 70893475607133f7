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
ACCEPTS = {  # what a case shows, by a part of its name
    "new_layout": "F01",
    **dict.fromkeys(["captcha", "consent", "forbidden", "throttled", "oops"], "F02"),
    **dict.fromkeys(["no_results", "rewritten", "including", "single", "similar"], "F03"),
    **dict.fromkeys(["without_quotes", "related_hint", "images_empty"], "F03"),
    **dict.fromkeys(["string", "tiles", "first_page", "urls"], "F06"),
    "hits_": "F07",
}


def read(case: Path, *changes: tuple[bytes, bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case's page as it is read, with changes made to its bytes, and as it has to be."""
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    engine = load_engine(case.parent.name)
    (page,) = case.glob("page.*")
    body = page.read_bytes()
    for old, new in changes:
        body = body.replace(old, new)
    kind = HtmlResponse if page.suffix == ".html" else TextResponse
    headers = {"Content-Type": "text/html; charset=utf-8", **expected.pop("headers", {})}
    url, status = expected.pop("url", f"{engine.home}/"), expected.pop("status", 200)
    response: Response = kind(url, status=status, headers=headers, body=body)
    parse = {"images": engine.parse_images, "hits": engine.parse_hits}[expected.pop("read")]
    return said(asdict(parse(response))), said(expected)


def marked(case: Path) -> Any:
    ids = sorted({id_ for part, id_ in ACCEPTS.items() if part in case.name})
    marks = [pytest.mark.accepts(*ids)] if ids else []
    return pytest.param(case, id=f"{case.parent.name}-{case.name}", marks=marks)


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_saved_page_is_read_as_expected(case: Path) -> None:
    page, expected = read(case)
    assert page == expected


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if (case / "page.html").exists()],
    ids=lambda case: f"{case.parent.name}-{case.name}",
)
def test_names_of_attributes_that_are_damaged_change_nothing(case: Path) -> None:
    tags = [b"<html ", b"<div ", b"<li ", b"<a ", b"<img ", b"<form "]
    page, expected = read(case, *((tag, tag + b'\x01x="1" ') for tag in tags))
    assert {**page, "detail": ""} == {**expected, "detail": ""}


def said(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what is not said, of its results too."""
    kept = {name: value for name, value in record.items() if value not in ("", None, (), [])}
    if "results" in kept:
        kept["results"] = [said(result) for result in kept["results"]]
    return kept


def test_every_engine_has_saved_pages() -> None:
    assert {case.parent.name for case in CASES} == set(engine_names())
