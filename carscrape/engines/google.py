"""Google: images from the records in its scripts, hits from the line above its web results."""

from collections.abc import Mapping
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import BROWSING, Browsing, Engine, HitPage, ResultPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.google_images import results_of
from carscrape.google_page import WALLS, GooglePage
from carscrape.items import PageVerdict
from carscrape.pages import counted, refusal, result_page

_TILE = "#search [data-lpage]"
_HITS = "#result-stats, #resultStats, #search h3"
_HOSTS = ("*.gstatic.com", "consent.google.com")  # the latter so that a wall is seen as one
_COLOURS = "red orange yellow green teal blue purple pink white gray black brown"
_FILTERS = {
    "licence": {"any": "il:cl", "share": "sur:f", "commercial": "sur:fc"},
    "size": {"small": "isz:i", "medium": "isz:m", "large": "isz:l", "huge": "isz:lt,islt:4mp"},
    "type": {
        "photo": "itp:photo",
        "clipart": "itp:clipart",
        "drawing": "itp:lineart",
        "transparent": "ic:trans",
        "animated": "itp:animated",
    },
    "colour": {
        **{colour: f"ic:specific,isc:{colour}" for colour in _COLOURS.split()},
        "color": "ic:color",
        "monochrome": "ic:gray",
    },
    "safe": {"off": "off", "strict": "active"},
    "language": {},
    "market": {},
}
_NARROWING = ("licence", "size", "type", "colour")  # filters that share one parameter


class Google(Engine):
    """It reads what a browser shows, and stops when it is asked to prove that it is human."""

    name = "google"
    home = "https://www.google.com"
    terms = (
        "https://policies.google.com/terms forbids machines what its robots.txt disallows; "
        "that is read and obeyed"
    )
    counts_hits = True
    needs_browser = True
    # One page scrolls to its end; with more results than these it would be over the limit of bytes.
    page_size = 400
    max_results = 400
    delay = 5.0
    filters = _FILTERS

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The one page there is of a query."""
        narrowed = [self.native(name, filters) for name in _NARROWING if name in filters]
        asked = {"udm": "2", "tbs": ",".join(narrowed), "safe": self.native("safe", filters)}
        return self._request(query, asked, filters, _TILE, self.max_results)

    def parse_images(self, response: Response) -> ResultPage:
        """Read the HTML that a browser shows once its scripts have run."""
        if refused := refusal(response):
            return ResultPage(refused[0], detail=refused[1])
        page = GooglePage(response)
        if rewritten := page.rewriting():
            return ResultPage(PageVerdict.REWRITTEN, detail=rewritten)
        results = [] if page.is_of_web_results() else results_of(page.html, page.text)
        if not results:
            verdict, detail = page.nothing("images")
            return ResultPage(verdict, detail=detail)
        return result_page(results, None)

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """A page of web results for the phrase."""
        return self._request(phrase, {}, filters, _HITS, 10)

    def parse_hits(self, response: Response) -> HitPage:
        """Read the count above the web results."""
        if refused := refusal(response):
            return HitPage(refused[0], detail=refused[1])
        page = GooglePage(response)
        raw, locale = page.shown("result-stats") or page.shown("resultStats"), page.locale
        if rewritten := page.rewriting():
            return HitPage(PageVerdict.REWRITTEN, None, raw, locale, rewritten)
        if notice := page.none_found():
            return HitPage(PageVerdict.NO_RESULTS, None, raw, locale, notice)
        if raw or page.has("h3"):
            return counted(raw, locale)
        verdict, detail = page.nothing("list of results")
        return HitPage(verdict, detail=detail)

    def _request(
        self, query: str, asked: Mapping[str, str], filters: Filters, result: str, most: int
    ) -> Request:
        """A request that a browser has to make."""
        places = {"hl": filters.get("language", ""), "gl": filters.get("market", "")}
        given = {name: value for name, value in {**asked, **places}.items() if value}
        browsing = Browsing(result, most, ", ".join(WALLS), _HOSTS)
        url = f"{self.home}/search?{urlencode({'q': query, **given})}"
        return Request(url, meta={BROWSING: browsing})
