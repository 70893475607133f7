"""The demo web on this machine, asked as a commercial API would be: with a key, page by page."""

from typing import Any

from scrapy import Request
from scrapy.http import Response
from w3lib.url import url_query_parameter

from carscrape.engines.base import DemoEngine
from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.json_pages import JsonEngine, absolute, part
from carscrape.page_values import line, pixels
from carscrape.pages import Refusal, same_query


class DemoKeyed(JsonEngine, DemoEngine):
    """A JSON API that wants a key, numbers its pages, and gives the first 120 results alone."""

    name = "demo_keyed"
    key_variable = "CARSCRAPE_DEMO_KEY"
    key_hint = "any word of at least six letters"
    is_api = True
    page_size = 30
    max_results = 120
    results_at = ("photos",)

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The page with the number `cursor`."""
        url = self.url("/keyed/images", q=query, page=cursor or 1)
        return Request(url, headers={"X-Api-Key": self.key})

    def told(self, answer: dict[str, Any], response: Response) -> Refusal | None:
        """Whether it answers another query."""
        answered = line(part(answer, "search", "query"))
        asked = url_query_parameter(response.url, "q", "")
        if self.rows(answer) is None or same_query(answered, asked):
            return None
        return PageVerdict.REWRITTEN, f"it answers {answered!r}"

    def result(self, row: Any, base: str) -> Result | None:
        """A photo with its URLs."""
        image = absolute(part(row, "urls", "full"), base)
        if not image:
            return None
        return Result(
            image_url=image,
            page_url=absolute(row.get("link"), base),
            title=line(row.get("caption")),
            thumbnail=absolute(part(row, "urls", "small"), base),
            width=pixels(part(row, "size", "width")),
            height=pixels(part(row, "size", "height")),
            licence=line(row.get("license")),
        )

    def following(self, answer: dict[str, Any], response: Response) -> str | None:
        """The number of the next page."""
        following = part(answer, "search", "next_page")
        return str(following) if type(following) is int and following > 1 else None
