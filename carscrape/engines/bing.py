"""Bing: images from its grid of thumbnails, hits from its web search."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import Engine, HitPage, ResultPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.grid_page import grid_page
from carscrape.pages import hit_page

_SUSPICIOUS = "a single result and no next page: it may have nothing to do with it"
_COLOURS = "red orange yellow green teal blue purple pink white gray black brown"
_FILTERS = {
    "licence": {
        "any": "licenseType-Any",
        "share": "license-L2_L3_L4_L5_L6_L7",
        "commercial": "license-L2_L3_L4",
        "public": "license-L1",
    },
    "size": {
        **{size: f"imagesize-{size}" for size in ("small", "medium", "large")},
        "huge": "imagesize-wallpaper",
    },
    "type": {
        "photo": "photo-photo",
        "clipart": "photo-clipart",
        "drawing": "photo-linedrawing",
        "transparent": "photo-transparent",
        "animated": "photo-animatedgif",
    },
    "colour": {
        **{colour: f"color2-FGcls_{colour.upper()}" for colour in _COLOURS.split()},
        "color": "color2-color",
        "monochrome": "color2-bw",
    },
    "safe": {value: value for value in ("off", "moderate", "strict")},
    "language": {},
    "market": {},
}
_NARROWING = ("licence", "size", "type", "colour")  # filters that share one parameter


class Bing(Engine):
    """No key, no JavaScript: every result is JSON in an attribute of its link."""

    name = "bing"
    home = "https://www.bing.com"
    terms = "https://www.microsoft.com/servicesagreement; its robots.txt is read and obeyed"
    counts_hits = True
    page_size = 35
    max_results = 1000  # later offsets repeat earlier results
    delay = 3.0
    filters = _FILTERS

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The first page, or the one whose URL the page before gave."""
        narrowed = [self.native(name, filters) for name in _NARROWING if name in filters]
        asked = {
            "q": query,
            "first": 1,
            "count": self.page_size,
            "form": "HDRSC3",
            "qft": "+".join(f"filterui:{value}" for value in narrowed),
            "adlt": self.native("safe", filters),
        }
        return Request(cursor or self._url("/images/search", asked, filters))

    def parse_images(self, response: Response) -> ResultPage:
        """Read a whole page or the fragment that later pages are."""
        page = grid_page(response, self.home)
        if len(page.results) == 1 and not page.next_cursor and not page.detail:
            return replace(page, detail=_SUSPICIOUS)
        return page

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """A page of web results for the phrase."""
        return Request(self._url("/search", {"q": phrase}, filters))

    def parse_hits(self, response: Response) -> HitPage:
        """Read the count above the web results."""
        return hit_page(response)

    def _url(self, path: str, asked: Mapping[str, object], filters: Filters) -> str:
        """An address of what is asked for, in the language and for the market of the filters."""
        language, market = (filters.get(name, "") for name in ("language", "market"))
        both = f"{language}-{market}" if language and market else ""
        places = {"setlang": language, "cc": market, "mkt": both}
        given = {name: value for name, value in {**asked, **places}.items() if value}
        return f"{self.home}{path}?{urlencode(given)}"
