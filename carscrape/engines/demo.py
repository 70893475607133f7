"""The demo web on this machine: images from its JSON API, hits from its pages of web results."""

from typing import Any

from scrapy import Request
from scrapy.http import Response
from w3lib.url import url_query_parameter

from carscrape.engines.base import DemoEngine, HitPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.json_pages import JsonEngine, absolute, part
from carscrape.page_values import line, pixels
from carscrape.pages import Refusal, hit_page, same_query


class Demo(JsonEngine, DemoEngine):
    """A JSON API."""

    name = "demo"
    counts_hits = True
    page_size = 50
    max_results = 1000

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The answer that begins with the result number `cursor`."""
        return Request(self.url("/api/images", q=query, offset=cursor or 0))

    def told(self, answer: dict[str, Any], response: Response) -> Refusal | None:
        """Whether it answers another query."""
        answered = line(answer.get("query"))
        asked = url_query_parameter(response.url, "q", "")
        if self.rows(answer) is None or same_query(answered, asked):
            return None
        return PageVerdict.REWRITTEN, f"it answers {answered!r}"

    def result(self, row: Any, base: str) -> Result | None:
        """A result with its URLs as they are given."""
        image = absolute(part(row, "image"), base)
        if not image:
            return None
        return Result(
            image_url=image,
            page_url=absolute(row.get("page"), base),
            title=line(row.get("title")),
            thumbnail=absolute(row.get("thumbnail"), base),
            width=pixels(row.get("width")),
            height=pixels(row.get("height")),
            licence=line(row.get("licence")),
        )

    def following(self, answer: dict[str, Any], response: Response) -> str | None:
        """The number of the result after this page's last."""
        following = answer.get("next")
        return str(following) if type(following) is int and following > 0 else None

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """A page of web results for the phrase."""
        return Request(self.url("/search", q=phrase, day=self.day))

    def parse_hits(self, response: Response) -> HitPage:
        """Read the count above the web results, which are HTML."""
        return hit_page(response)
