"""Pages captured from the real engines; they lie beside the project and are never part of it."""

from pathlib import Path

import pytest
from scrapy.http import HtmlResponse

PAGES = Path(__file__).parents[2] / ".." / "shared" / "pages"

needs_pages = pytest.mark.skipif(
    not PAGES.is_dir(), reason="the captured pages (../shared/pages) are not at hand"
)


def captured(kind: str) -> list[str]:
    """The pages of a kind, by their names below `PAGES`."""
    return sorted(f"{kind}/{path.name}" for path in (PAGES / kind).glob("*.html"))


def text_of(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8", errors="replace")


def response_of(name: str, status: int = 200) -> HtmlResponse:
    # Said to be UTF-8 as the engines do: one page lost its declaration when it was saved.
    headers = {"Content-Type": "text/html; charset=utf-8"}
    return HtmlResponse("https://www.example.com/", status, headers, (PAGES / name).read_bytes())
