"""Openverse: openly licensed images of many collections, each with its licence and author."""

from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import Result
from carscrape.json_pages import JsonEngine, absolute, part, whole
from carscrape.page_values import line, pixels

_API = "https://api.openverse.org/v1/images/"
_NAMES = {"cc0": "CC0", "pdm": "Public Domain Mark"}
_PARAMETERS = {"licence": "license", "size": "size", "type": "category", "safe": "mature"}


class Openverse(JsonEngine):
    """Asked without a key, so 200 times a day; a hit count is a lower bound, as it is capped."""

    name = "openverse"
    home = "https://openverse.org"
    terms = (
        "they forbid scraping its catalogue, and using several machines to get round its limits: "
        "ask before you build a dataset from it (https://docs.openverse.org)"
    )
    is_api = True
    is_opt_in = True
    counts_hits = True
    page_size = 20  # more is for those who signed up
    max_results = 240
    delay = 4.0  # it allows 20 a minute
    filters = MappingProxyType(
        {
            "licence": {
                "any": "by,by-sa,by-nc,by-nd,by-nc-sa,by-nc-nd,cc0,pdm,sampling+,nc-sampling+",
                "share": "by,by-sa,by-nc,by-nd,by-nc-sa,by-nc-nd,cc0,pdm",
                "commercial": "by,by-sa,by-nd,cc0,pdm",
                "public": "cc0,pdm",
            },
            "size": {"small": "small", "medium": "medium", "large": "large"},
            "type": {"photo": "photograph", "drawing": "illustration"},
            "safe": {"off": "true", "strict": "false"},
        }
    )
    count_at = ("result_count",)

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """A page of images; `cursor` is its number."""
        chosen = {theirs: self.native(ours, filters) for ours, theirs in _PARAMETERS.items()}
        asked = {"q": query, "page": cursor or "1", "page_size": self.page_size}
        asked |= {name: value for name, value in chosen.items() if value}
        return Request(f"{_API}?{urlencode(asked)}")

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """One image, and the number of all that can be reached."""
        return Request(f"{_API}?{urlencode({'q': phrase, 'page_size': 1})}")

    def result(self, row: Any, base: str) -> Result | None:
        """An image where its collection keeps it."""
        image = absolute(part(row, "url"), base)
        if not image:
            return None
        return Result(
            image_url=image,
            page_url=absolute(row.get("foreign_landing_url"), base),
            title=line(row.get("title")),
            thumbnail=absolute(row.get("thumbnail"), base),
            width=pixels(row.get("width")),
            height=pixels(row.get("height")),
            licence=_licence(row),
            licence_url=absolute(row.get("license_url"), base),
            author=line(row.get("creator")),
        )

    def following(self, answer: dict[str, Any], response: Response) -> str | None:
        """The number of the next page."""
        page, pages = whole(answer.get("page")), whole(answer.get("page_count"))
        return str(page + 1) if page and pages and page < pages else None


def _licence(row: dict[str, Any]) -> str:
    """The short name of a licence, made from its code and version."""
    code = line(row.get("license")).lower()
    version = line(row.get("license_version"))
    name = _NAMES.get(code, f"CC {code.upper()}")
    return f"{name} {version}".strip() if code else ""
