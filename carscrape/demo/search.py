"""The search side: which rows a question gets, in which layout, and when it gets none.

A word in a query asks for what a search can do wrong, in every fault mode: `blockme` a captcha page
each time, `blockonce` a captcha and `throttleonce` a 429 on the first ask of the first page,
`layoutme` a page of unknown layout, `nothingme` no results, `rewriteme` the answer to the query
without that word, `repeatme` the first page for ever, `slowscroll` a page that is slow to grow.
"""

from aiohttp import web

from carscrape.demo import hits
from carscrape.demo.faults import page_fault_of
from carscrape.demo.pages import (
    HTML_SIZE,
    JSON_SIZE,
    NOTHING,
    api_answer,
    images_grid,
    images_page,
    no_pages_page,
    requery,
    search_page,
)
from carscrape.demo.results import Row, rows
from carscrape.demo.templates import Markup, fill
from carscrape.demo.words import canonical
from carscrape.demo.world import World

_SCROLL_SECONDS = 0.2  # from the end of the page until more comes
_SLOW_SCROLL_SECONDS = 4.0  # more than a reader waits that believes the end too early


class Search:
    """An engine over a world; every answer takes how often its URL was asked."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.port = port

    def images(self, request: web.Request, times: int) -> web.Response:
        """`/images/search` (the whole page) and `/images/async` (the grid alone)."""
        query, fault = self._asked(request)
        first = _number(request, "first", 1)
        if refusal := _refusal(query, fault, times, first == 1):
            return refusal
        if fault == "repeats":
            found, more = self._rows(query, 0, HTML_SIZE), True
        else:
            found = self._rows(query, first - 1, HTML_SIZE)
            more = first - 1 + HTML_SIZE < self._count(query)
        if request.path.endswith("/async"):
            return _html(images_grid(query, found, first, more))
        return _html(images_page(query, found, first, more, _notice(query, fault)))

    def api(self, request: web.Request, times: int) -> web.Response:
        """`/api/images`, and `/browser/results` for the script of a page that was let through."""
        query, fault = self._asked(request)
        offset = _number(request, "offset", 0)
        if fault == "layout":
            return web.json_response({"data": {"pictures": [{"ref": "e3"}]}, "version": 7})
        once = offset == 0 and request.path == "/api/images"
        if refusal := _refusal(query, fault, times, once):
            return refusal
        start = 0 if fault == "repeats" else offset
        answer = api_answer(query, self._rows(query, start, JSON_SIZE), offset, self._count(query))
        if fault == "repeats":
            answer["next"] = offset + JSON_SIZE
        return web.json_response(answer)

    def browser(self, request: web.Request, times: int) -> web.Response:
        """`/browser/images`: an empty page, and a script that asks for results as one scrolls."""
        query, fault = self._asked(request)
        if refusal := _refusal(query, fault, times, True):
            return refusal
        delay = _SLOW_SCROLL_SECONDS if fault == "slow_scroll" else _SCROLL_SECONDS
        return _html(
            fill("browser", query=query, notice=_notice(query, fault), delay=int(delay * 1000))
        )

    def pages(self, request: web.Request, times: int) -> web.Response:
        """`/search`: web results and how many there are; `engine` names one of several worlds."""
        query, fault = self._asked(request)
        if refusal := _refusal(query, fault, times, True):
            return refusal
        if fault == "nothing" or not query:
            return _html(no_pages_page(query))
        number = hits.count(self.world.seed, query, request.query.get("engine", "demo"))
        return _html(search_page(self.world.seed, query, number, _notice(query, fault)))

    def _asked(self, request: web.Request) -> tuple[str, str]:
        """The query that is answered, and what goes wrong with it."""
        query = canonical(request.query.get("q", ""))
        fault = page_fault_of(self.world.seed, self.world.faults, query)
        if fault == "rewritten":
            query = " ".join(word for word in query.split() if word != "rewriteme")
        return query, fault

    def _count(self, query: str) -> int:
        empty = not query or "nothingme" in query.split()
        return 0 if empty else self.world.count(query)

    def _rows(self, query: str, first: int, number: int) -> list[Row]:
        return rows(self.world, query, first, number, self.port) if self._count(query) else []


def _refusal(query: str, fault: str, times: int, first_page: bool) -> web.Response | None:
    """What is served in place of results, if anything is."""
    once = times == 1 and first_page
    if fault == "captcha" or (fault == "captcha_once" and once):
        return _html(fill("captcha", query=query))
    if fault == "throttled_once" and once:
        return web.Response(status=429, headers={"Retry-After": "1"}, text="Too Many Requests\n")
    if fault == "layout":
        return _html(fill("layout", query=query))
    return None


def _notice(query: str, fault: str) -> Markup:
    return requery(query) if fault == "rewritten" else NOTHING


def _html(page: str) -> web.Response:
    return web.Response(text=page, content_type="text/html")


def _number(request: web.Request, name: str, least: int) -> int:
    """A parameter that counts something; nonsense counts as the least."""
    text = request.query.get(name, "")
    return max(least, int(text)) if text.isascii() and text.isdecimal() and len(text) < 9 else least
