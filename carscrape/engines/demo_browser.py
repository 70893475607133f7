"""The demo web on this machine: images from a page that builds itself in a browser."""

from parsel import Selector
from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import BROWSING, Browsing, DemoEngine, ResultPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.page_values import address, line, pixels
from carscrape.pages import (
    MOST_RESULTS,
    attribute,
    html_of,
    refusal,
    result_page,
    rewriting,
    strange,
)

_RESULT = "a.result"
_INSTEAD = "#captcha-form, #results[data-state]:not([data-state=loading], [data-state=ready])"


class DemoBrowser(DemoEngine):
    """One page per query, which grows as one scrolls."""

    name = "demo_browser"
    needs_browser = True
    page_size = 400
    max_results = 400

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The page; there is no other."""
        browsing = Browsing(_RESULT, self.page_size, _INSTEAD)
        return Request(self.url("/browser/images", q=query), meta={BROWSING: browsing})

    def parse_images(self, response: Response) -> ResultPage:
        """Read the page as it was left."""
        if refused := refusal(response):
            return ResultPage(refused[0], detail=refused[1])
        page = html_of(response)
        if rewritten := rewriting(page):
            return ResultPage(PageVerdict.REWRITTEN, detail=rewritten)
        tiles = page.css(_RESULT)[:MOST_RESULTS]
        if not tiles:
            return _empty(page, response)
        return result_page([_result(tile) for tile in tiles], None)


def _empty(page: Selector, response: Response) -> ResultPage:
    """A page without results, which says of itself why."""
    state = page.css("#results::attr(data-state)").get()
    if state == "empty":
        return ResultPage(PageVerdict.NO_RESULTS, detail="the page says so")
    if state == "blocked":
        return ResultPage(PageVerdict.BLOCKED, detail="its script was refused")
    verdict, detail = strange(response, "list of results")
    return ResultPage(verdict, detail=detail)


def _result(tile: Selector) -> Result | None:
    """The result of a tile; None if it names no image."""
    image = address(attribute(tile, "data-image"))
    if not image:
        return None
    return Result(
        image_url=image,
        page_url=address(attribute(tile, "href")),
        title=line(attribute(tile, "title")),
        thumbnail=address(attribute(tile, "data-thumbnail")),
        width=pixels(attribute(tile, "data-width")),
        height=pixels(attribute(tile, "data-height")),
        licence=line(attribute(tile, "data-licence")),
    )
