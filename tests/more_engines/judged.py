"""An engine out on the web whose terms are for a person to judge, and which no test reaches."""

from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import Engine, ResultPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict


class Judged(Engine):
    """Nobody answers there."""

    name = "judged"
    home = "https://judged.example"
    terms = "https://judged.example/terms forbids [all of this] to programs"
    page_size = 20
    max_results = 100
    is_opt_in = True

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        return Request(f"{self.home}/?q={query}")

    def parse_images(self, response: Response) -> ResultPage:
        return ResultPage(PageVerdict.LAYOUT_UNKNOWN, detail="it is never read")
