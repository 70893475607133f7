"""The demo web on this machine once more: images from its pages that are built like Bing's."""

from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import DemoEngine, HitPage, ResultPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.grid_page import grid_page
from carscrape.pages import hit_page


class DemoHtml(DemoEngine):
    """HTML pages, each with the URL of the next; it counts hits in a web of its own."""

    name = "demo_html"
    counts_hits = True
    page_size = 35
    max_results = 1000

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The first page, or the one whose URL the page before gave."""
        return Request(cursor or self.url("/images/search", q=query, first=1, count=self.page_size))

    def parse_images(self, response: Response) -> ResultPage:
        """Read a whole page or the fragment that later pages are."""
        return grid_page(response, f"{self.home}:{self.port}")

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """A page of web results for the phrase."""
        return Request(self.url("/search", q=phrase, engine=self.name, day=self.day))

    def parse_hits(self, response: Response) -> HitPage:
        """Read the count above the web results."""
        return hit_page(response)
