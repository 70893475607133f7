"""The demo web on this machine: images from its JSON API, hits from its pages of web results."""

import json
import re
from typing import Any
from urllib.parse import urljoin

from scrapy import Request
from scrapy.http import Response
from w3lib.url import url_query_parameter

from carscrape.engines.base import DemoEngine, HitPage, Result, ResultPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict
from carscrape.pages import (
    MOST_RESULTS,
    address,
    hit_page,
    line,
    pixels,
    refusal,
    result_page,
    strange,
    text_of,
)


class Demo(DemoEngine):
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

    def parse_images(self, response: Response) -> ResultPage:
        """Read an answer of the JSON API."""
        if refused := refusal(response):
            return ResultPage(refused[0], detail=refused[1])
        answer = _answer(response)
        if answer is None:
            verdict, detail = strange(response, "list of results")
            return ResultPage(verdict, detail=detail)
        answered = line(answer.get("query"))
        if _words(answered) != _words(url_query_parameter(response.url, "q", "")):
            return ResultPage(PageVerdict.REWRITTEN, detail=f"it answers {answered!r}")
        if not answer["results"]:
            return ResultPage(PageVerdict.NO_RESULTS, detail="an empty list")
        following = answer.get("next")
        cursor = str(following) if type(following) is int and following > 0 else None
        found = answer["results"][:MOST_RESULTS]
        return result_page([_result(row, response.url) for row in found], cursor)

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """A page of web results for the phrase."""
        return Request(self.url("/search", q=phrase))

    def parse_hits(self, response: Response) -> HitPage:
        """Read the count above the web results."""
        return hit_page(response)


def _words(query: str) -> list[str]:
    """A query without what engines overlook: case, quotes and blanks."""
    return re.findall(r"[^\W_]+", query.casefold())


def _answer(response: Response) -> dict[str, Any] | None:
    """The object with the results; None if the body is something else."""
    try:
        answer = json.loads(text_of(response))
    except (ValueError, RecursionError):
        return None
    known = isinstance(answer, dict) and isinstance(answer.get("results"), list)
    return answer if known else None


def _result(row: object, base: str) -> Result | None:
    """A result with its URLs as they are given; None if it names no image."""
    if not isinstance(row, dict) or not address(row.get("image")):
        return None
    return Result(
        image_url=_absolute(row["image"], base),
        page_url=_absolute(row.get("page"), base),
        title=line(row.get("title")),
        thumbnail=_absolute(row.get("thumbnail"), base),
        width=pixels(row.get("width")),
        height=pixels(row.get("height")),
        licence=line(row.get("licence")),
    )


def _absolute(value: object, base: str) -> str:
    """A URL as it is, or resolved against the page's if it is relative."""
    given = address(value)
    if given.startswith(("http://", "https://")):
        return given
    try:
        return urljoin(base, given) if given else ""
    except ValueError:  # brackets that hold no address: the guard refuses it by its own rules
        return given
