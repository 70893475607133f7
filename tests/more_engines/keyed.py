"""An engine that needs a key and has filters, on the demo web."""

from types import MappingProxyType

from scrapy import Request

from carscrape.engines.demo import Demo
from carscrape.filters import NO_FILTERS, Filters


class Keyed(Demo):
    """The demo's JSON API, asked with a key in a header."""

    name = "keyed"
    key_variable = "KEYED_KEY"
    key_hint = "from keyed.example"
    is_api = True
    filters = MappingProxyType(
        {
            "licence": {"any": "cc", "share": "cc-share"},
            "size": {"large": "wallpaper"},
            "language": {},
            "market": {},
        }
    )

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        narrowed = {name: self.native(name, filters) for name in filters}
        url = self.url("/api/images", q=query, offset=cursor or 0, **narrowed)
        return Request(url, headers={"X-Key": self.key})

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        return Request(self.url("/search", q=phrase, **filters), headers={"X-Key": self.key})
