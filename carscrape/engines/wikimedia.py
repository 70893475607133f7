"""Wikimedia Commons: its files through the MediaWiki API, each with its licence and author."""

import math
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from scrapy import Request
from scrapy.http import Response

from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.json_pages import JsonEngine, absolute, part
from carscrape.page_values import line, pixels
from carscrape.pages import Refusal, shown_text

_API = "https://commons.wikimedia.org/w/api.php"
_ALWAYS = {"action": "query", "format": "json", "maxlag": 5}  # seconds its databases may be behind
_METADATA = "LicenseShortName|LicenseUrl|License|UsageTerms|Artist"
_COME_BACK = {"maxlag", "ratelimited"}
_LICENCE = ("LicenseShortName", "UsageTerms", "License")  # the first that is there


class Wikimedia(JsonEngine):
    """No key; bitmaps alone; a hit is a file page that holds the phrase."""

    name = "wikimedia"
    home = "https://commons.wikimedia.org"
    terms = (
        "https://www.mediawiki.org/wiki/API:Etiquette; every file has a licence of its own, which "
        "is kept with the image"
    )
    is_api = True
    counts_hits = True
    page_size = 50
    max_results = 10_000  # later offsets are refused
    filters = MappingProxyType(
        {
            # Commons takes in nothing that may not be passed on, for money too. `haslicense` sees
            # only files whose licence is a statement, so it loses some and lets nothing else in.
            "licence": {
                "any": "haslicense:attribution|attribution-same-license|unrestricted",
                "share": "",
                "commercial": "",
                "public": "haslicense:unrestricted",
            },
            # The square root of width times height, as Commons' own search draws the lines.
            "size": {
                "small": "fileres:<500",
                "medium": "fileres:500,1000",
                "large": "fileres:>1000",
            },
        }
    )
    hits_at = ("query", "search")
    count_at = ("query", "searchinfo", "totalhits")

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The files that a search finds; `cursor` is what the answer before said to send back."""
        narrowed = [self.native(name, filters) for name in self.filters]
        asked = {
            **dict(parse_qsl(cursor or "", keep_blank_values=True)),
            **_ALWAYS,
            "generator": "search",
            "gsrsearch": " ".join(filter(None, [query, "filetype:bitmap", *narrowed])),
            "gsrnamespace": 6,  # File:
            "gsrlimit": self.page_size,
            "prop": "imageinfo",
            "iiprop": "url|size|extmetadata",
            "iiextmetadatafilter": _METADATA,
            "iiurlwidth": 320,
        }
        return Request(f"{_API}?{urlencode(asked)}")

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """The number of file pages that hold the phrase."""
        asked = {
            **_ALWAYS,
            "list": "search",
            "srsearch": phrase,
            "srnamespace": 6,
            "srinfo": "totalhits",
            "srprop": "",
            "srlimit": 1,
        }
        return Request(f"{_API}?{urlencode(asked)}")

    def told(self, answer: dict[str, Any], response: Response) -> Refusal | None:
        """An error, in the API's own words."""
        error = answer.get("error")
        if not isinstance(error, dict):
            return None
        code = line(error.get("code"))
        verdict = PageVerdict.BLOCKED if code in _COME_BACK else PageVerdict.FAILED
        return verdict, f"error {code}: {line(error.get('info'))}"

    def rows(self, answer: dict[str, Any]) -> list[Any] | None:
        """The pages in order of rank, which is not the order they are sent in."""
        if "imageinfo" in answer:
            return [answer]  # one page by itself
        if "batchcomplete" in answer and "query" not in answer:
            return []  # so it says that nothing was found
        pages = part(answer, "query", "pages")
        if isinstance(pages, dict):  # by page id; a list in newer formats
            pages = list(pages.values())
        return sorted(pages, key=_rank) if isinstance(pages, list) else None

    def result(self, row: Any, base: str) -> Result | None:
        """A file, with what its page says of licence and author."""
        versions = part(row, "imageinfo")
        info = versions[0] if isinstance(versions, list) and versions else None
        image = absolute(part(info, "url"), base)
        if not image:
            return None
        return Result(
            image_url=image,
            page_url=absolute(part(info, "descriptionurl"), base),
            title=line(row.get("title")).removeprefix("File:"),
            thumbnail=absolute(part(info, "thumburl"), base),
            width=pixels(part(info, "width")),
            height=pixels(part(info, "height")),
            licence=next(filter(None, (_shown(info, name) for name in _LICENCE)), ""),
            licence_url=absolute(part(info, "extmetadata", "LicenseUrl", "value"), base),
            author=_shown(info, "Artist"),
        )

    def following(self, answer: dict[str, Any], response: Response) -> str | None:
        """What is to be sent back for the next page."""
        given = answer.get("continue")
        if not isinstance(given, dict):
            return None
        return urlencode({line(name): line(str(value)) for name, value in given.items()}) or None


def _rank(page: Any) -> float:
    """The place among the results; the end, where none is given."""
    rank = part(page, "index")
    return rank if type(rank) is int else math.inf


def _shown(info: Any, name: str) -> str:
    """A piece of the metadata, which is HTML, as text."""
    return shown_text(part(info, "extmetadata", name, "value"))
