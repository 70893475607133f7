"""Bing: images from its grid of thumbnails, hits from its web search."""

import json
import re
from collections.abc import Mapping
from urllib.parse import urlencode, urljoin, urlsplit

from parsel import Selector
from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import Engine, HitPage, Result, ResultPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict
from carscrape.pages import (
    MOST_RESULTS,
    address,
    attribute,
    has,
    hit_page,
    html_of,
    line,
    pixels,
    refusal,
    result_page,
    rewriting,
    sides,
    strange,
)

_HOST = "www.bing.com"
_CLASSES = "concat(' ', normalize-space(@class), ' ')"
_GRIDS = (
    f"(//*[contains({_CLASSES}, ' dgControl ') or contains({_CLASSES}, ' dg_b ')"
    " or starts-with(@id, 'mmComponent_images_')])[position() <= 20]"  # a page has a few
)
_LONGEST_RECORD = 64 * 1024  # characters of a result's JSON; real ones have a hundredth of it
# Not css("a.iusc")[:MOST_RESULTS], which makes a Selector for each of a million links first.
_LINKS = f"(//a[contains({_CLASSES}, ' iusc ')])[position() <= {MOST_RESULTS}]"
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
    home = f"https://{_HOST}"
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
        if refused := refusal(response):
            return ResultPage(refused[0], detail=refused[1])
        page = html_of(response)
        if rewritten := rewriting(page):
            return ResultPage(PageVerdict.REWRITTEN, detail=rewritten)
        links = page.xpath(_LINKS)
        if not links:
            return _empty(page, response)
        cursor, detail = _next(page)
        if len(links) == 1 and not cursor:
            detail = detail or "a single result and no next page: it may have nothing to do with it"
        return result_page([_result(link) for link in links], cursor, detail)

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


def _empty(page: Selector, response: Response) -> ResultPage:
    """A page without results: a grid with nothing in it, or a notice, proves there are none."""
    if page.xpath(_GRIDS) or has(page, ".b_no"):
        return ResultPage(PageVerdict.NO_RESULTS, detail="an empty grid")
    verdict, detail = strange(response, "grid of images")
    return ResultPage(verdict, detail=detail)


def _next(page: Selector) -> tuple[str | None, str]:
    """The URL of the next page, and why the one given is not followed."""
    # The first grid is the page's own; those inside it are carousels of other queries.
    given = address(page.xpath(_GRIDS).xpath("(descendant-or-self::*/@data-nexturl)[1]").get())
    if not given:
        return None, ""
    try:
        url = urljoin(f"https://{_HOST}", given)
        parts = urlsplit(url)
    except ValueError:
        return None, f"the next page is no URL: {given[:200]}"
    if (parts.scheme, parts.netloc) != ("https", _HOST) or not parts.path.startswith("/images/"):
        return None, f"the next page lies elsewhere: {given[:200]}"
    return url, ""


def _result(link: Selector) -> Result | None:
    """The result of a link; None if its JSON names no image."""
    try:
        record = json.loads(attribute(link, "m")[:_LONGEST_RECORD])
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not address(record.get("murl")):
        return None
    width, height = _size(link)
    picture = link.css("img")
    return Result(
        image_url=address(record["murl"]),
        page_url=address(record.get("purl")),
        # Results in carousels have no title of their own; their label is the title.
        title=line(record.get("t"))
        or line(record.get("desc"))
        or line(attribute(link, "aria-label")),
        thumbnail=address(record.get("turl"))
        or address(attribute(picture, "src"))
        or address(attribute(picture, "data-src")),
        width=width,
        height=height,
    )


def _size(link: Selector) -> tuple[int | None, int | None]:
    """Width and height from the link's target, else from the text below the thumbnail."""
    target = attribute(link, "href")
    named = [re.search(rf"[?&]{name}=(\d+)", target, re.ASCII) for name in ("expw", "exph")]
    if all(named):
        width, height = (pixels(side[1]) for side in named if side)
        return width, height
    # Not following-sibling::, which walks along all siblings, of a million links each.
    below = link.root.getnext()
    text = ""
    if below is not None and below.tag == "div":
        text = Selector(root=below).css("span.nowrap::text").get("")
    return sides(text)
