"""Brave: images of the web from its own index, through its API; needs a key."""

from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.json_pages import JsonEngine, absolute, json_object, part
from carscrape.page_values import line, pixels
from carscrape.pages import Refusal

_API = "https://api.search.brave.com/res/v1/images/search"
_PARAMETERS = {"safe": "safesearch", "language": "search_lang", "market": "country"}
_INVALID = 422  # what it answers to a key it does not know, and to a query it cannot read


class Brave(JsonEngine):
    """Up to 200 images in a single answer; it names no number of hits."""

    name = "brave"
    home = "https://search.brave.com"
    terms = "https://brave.com/search/api/; whether results may be stored depends on your plan"
    is_api = True
    key_variable = "CARSCRAPE_BRAVE_KEY"
    key_hint = "from https://api-dashboard.search.brave.com"
    page_size = 200
    max_results = 200
    filters = MappingProxyType(
        {"safe": {"off": "off", "strict": "strict"}, "language": {}, "market": {}}
    )

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The one page there is."""
        chosen = {theirs: self.native(ours, filters) for ours, theirs in _PARAMETERS.items()}
        asked = {"q": query, "count": self.page_size, "spellcheck": "false"}
        asked |= {name: value for name, value in chosen.items() if value}
        headers = {"Accept": "application/json", "X-Subscription-Token": self.key}
        return Request(f"{_API}?{urlencode(asked)}", headers=headers)

    def refused(self, response: Response) -> Refusal | None:
        """A key that it does not take is no fault of the query's."""
        refused = super().refused(response)
        if refused and response.status == _INVALID:
            code = line(part(json_object(response), "error", "code"))
            if code.startswith("SUBSCRIPTION_TOKEN"):
                return PageVerdict.BLOCKED, f"{refused[1]}, {code}: is {self.key_variable} right?"
        return refused

    def told(self, answer: dict[str, Any], response: Response) -> Refusal | None:
        """Whether it answers another query, of its own spelling."""
        altered, original = (line(part(answer, "query", name)) for name in ("altered", "original"))
        if altered and altered.casefold() != original.casefold():
            return PageVerdict.REWRITTEN, f"it answers {altered!r}"
        return None

    def result(self, row: Any, base: str) -> Result | None:
        """An image where its site keeps it."""
        image = absolute(part(row, "properties", "url"), base)
        if not image:
            return None
        return Result(
            image_url=image,
            page_url=absolute(row.get("url"), base),
            title=line(row.get("title")),
            thumbnail=absolute(part(row, "thumbnail", "src"), base),
            width=pixels(part(row, "properties", "width")),
            height=pixels(part(row, "properties", "height")),
        )
