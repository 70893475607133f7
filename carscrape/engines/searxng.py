"""SearXNG: an instance of the user's own, which asks many engines at once."""

import os
import re
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode, urlsplit

from scrapy import Request
from scrapy.http import Response
from w3lib.url import url_query_parameter

from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.json_pages import JsonEngine, absolute, part, whole
from carscrape.page_values import line, sides
from carscrape.pages import Refusal

VARIABLE = "CARSCRAPE_SEARXNG_URL"
_INSTANCE = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./~-]*)?", re.ASCII | re.IGNORECASE)
_NOWHERE = "http://localhost"  # the guard lets nobody ask it


class Searxng(JsonEngine):
    """An instance that the user runs, inside their own network too; JSON must be enabled there."""

    name = "searxng"
    home = "https://docs.searxng.org"
    terms = "Your own instance; the terms of every engine that it asks are yours to keep."
    is_api = True
    page_size = 50  # more or less: what the engines it asks have sent
    max_results = 1000
    filters = MappingProxyType(
        {"safe": {"off": "0", "moderate": "1", "strict": "2"}, "language": {}}
    )

    def __init__(self) -> None:
        super().__init__()
        self._instance, self.own_address = _read_instance(os.environ.get(VARIABLE, "").strip())

    def missing(self) -> str:
        """What is wrong with the instance's address, which is not shown: it may hold a password."""
        if self.own_address:
            return ""
        return (
            f"searxng needs an instance of your own: set {VARIABLE} to its address, as in "
            "http://127.0.0.1:8888 (http or https, no user name)"
        )

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """A page of images; `cursor` is its number."""
        asked = {"q": query, "categories": "images", "format": "json", "pageno": cursor or "1"}
        chosen = {"safesearch": "safe", "language": "language"}
        asked |= {
            theirs: value
            for theirs, ours in chosen.items()
            if (value := self.native(ours, filters))
        }
        return Request(f"{self._instance}/search?{urlencode(asked)}")

    def refused(self, response: Response) -> Refusal | None:
        """A 403 has one usual reason."""
        refused = super().refused(response)
        if refused and response.status == 403:
            hint = "is json among search.formats in the settings.yml of the instance?"
            return refused[0], f"{refused[1]}: {hint}"
        return refused

    def told(self, answer: dict[str, Any], response: Response) -> Refusal | None:
        """Whether nothing was found because engines did not answer."""
        silent = self.remark(answer)
        if self.rows(answer) != [] or not silent:
            return None
        if _number(response) == 1:
            return PageVerdict.BLOCKED, silent
        # Behind the last page some are silent too, and would be for ever.
        return PageVerdict.NO_RESULTS, f"an empty list; {silent}"

    def result(self, row: Any, base: str) -> Result | None:
        """An image; what is relative lies on the instance."""
        image = absolute(part(row, "img_src"), base)
        if not image:
            return None
        width, height = sides(line(row.get("resolution")))
        return Result(
            image_url=image,
            page_url=absolute(row.get("url"), base),
            title=line(row.get("title")),
            thumbnail=absolute(row.get("thumbnail_src"), base),
            width=width,
            height=height,
            author=line(row.get("author")),
        )

    def following(self, answer: dict[str, Any], response: Response) -> str | None:
        """The number of the next page; the answer names neither its own nor the last."""
        return str(_number(response) + 1)

    def remark(self, answer: dict[str, Any]) -> str:
        """Which engines did not answer, and why."""
        silent = answer.get("unresponsive_engines")
        if not isinstance(silent, list) or not silent:
            return ""
        return line("did not answer: " + ", ".join(_engine(one) for one in silent))


def _read_instance(given: str) -> tuple[str, tuple[str, int] | None]:
    """The base URL of an instance, and its host and port; None if it is no such URL."""
    try:
        parts = urlsplit(given)
        host, port = parts.hostname, parts.port
    except ValueError:
        return _NOWHERE, None
    if not host or not _INSTANCE.fullmatch(given):
        return _NOWHERE, None
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return base, (host, port or {"http": 80, "https": 443}[parts.scheme])


def _number(response: Response) -> int:
    """The number of the page that was asked for."""
    return whole(url_query_parameter(response.url, "pageno")) or 1


def _engine(silent: object) -> str:
    """An engine and its reason, as in "google (captcha)"."""
    name, reason = [*silent, "", ""][:2] if isinstance(silent, list) else (silent, "")
    return f"{line(name)} ({line(reason)})" if line(reason) else line(name)
