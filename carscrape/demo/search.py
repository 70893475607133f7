"""The search side: which rows a question gets, in which layout, and when it gets none.

A word in a query, or an engine's mood, asks for what a search can do wrong, in every fault mode:
`faults.PAGE_WORDS` lists the words, `moods.py` says what moods are.
"""

from aiohttp import web

from carscrape.demo import hits
from carscrape.demo.faults import page_fault_of
from carscrape.demo.moods import Moods
from carscrape.demo.pages import (
    HTML_SIZE,
    JSON_SIZE,
    KEYED_MOST,
    KEYED_SIZE,
    NOTHING,
    api_answer,
    images_grid,
    images_page,
    keyed_answer,
    no_pages_page,
    requery,
    search_page,
)
from carscrape.demo.refusals import html, refusal
from carscrape.demo.results import Row, rows
from carscrape.demo.templates import Markup, fill
from carscrape.demo.words import canonical
from carscrape.demo.world import World

_SCROLL_SECONDS = 0.2  # from the end of the page until more comes
_SLOW_SCROLL_SECONDS = 4.0  # more than a reader waits that believes the end too early
_CAP = 40  # results of an engine that ends early


class Search:
    """An engine over a world; every answer takes how often its URL was asked."""

    def __init__(self, world: World, port: int, moods: Moods) -> None:
        self.world = world
        self.port = port
        self.moods = moods

    def images(self, request: web.Request, times: int) -> web.Response:
        """`/images/search` (the whole page) and `/images/async` (the grid alone)."""
        query, fault = self._asked(request)
        first = _number(request, "first", 1)
        if refused := refusal(query, fault, times == 1 and first == 1):
            return refused
        if fault == "layout":
            return html(fill("layout", query=query))
        found, more = self._rows(query, fault, first - 1, HTML_SIZE)
        if request.path.endswith("/async"):
            return html(images_grid(query, found, first, more))
        return html(images_page(query, found, first, more, _notice(query, fault)))

    def api(self, request: web.Request, times: int) -> web.Response:
        """`/api/images`, and `/browser/results` for the script of a page that was let through."""
        query, fault = self._asked(request)
        offset = _number(request, "offset", 0)
        if fault == "layout":
            return web.json_response({"data": {"pictures": [{"ref": "e3"}]}, "version": 7})
        # The script of a page that blocks once asks after the page was let through.
        once = times == 1 and offset == 0 and request.path == "/api/images"
        if refused := refusal(query, fault, once):
            return refused
        found, more = self._rows(query, fault, offset, JSON_SIZE)
        following = offset + JSON_SIZE if more else None
        return web.json_response(api_answer(query, found, self._count(query, fault), following))

    def keyed(self, request: web.Request, times: int) -> web.Response:
        """`/keyed/images`, for those who have any key at all."""
        query, fault = self._asked(request)
        page, key = _number(request, "page", 1), request.headers.get("X-Api-Key", "")
        if not key:
            return web.json_response({"error": "no key"}, status=401)
        if page * KEYED_SIZE > KEYED_MOST:
            return web.json_response({"error": "no such page"}, status=400)
        if fault == "layout":  # as with some real ones, not without the key
            return web.json_response({"data": {"pictures": []}, "account": {"key": key}})
        if refused := refusal(query, fault, times == 1 and page == 1):
            return refused
        found, more = self._rows(query, fault, (page - 1) * KEYED_SIZE, KEYED_SIZE)
        following = page + 1 if more and page * KEYED_SIZE < KEYED_MOST else None
        return web.json_response(keyed_answer(query, found, self._count(query, fault), following))

    def browser(self, request: web.Request, times: int) -> web.Response:
        """`/browser/images`: an empty page, and a script that asks for results as one scrolls."""
        query, fault = self._asked(request)
        if refused := refusal(query, fault, times == 1):
            return refused
        if fault == "layout":
            return html(fill("layout", query=query))
        delay = _SLOW_SCROLL_SECONDS if fault == "slow_scroll" else _SCROLL_SECONDS
        return html(
            fill("browser", query=query, notice=_notice(query, fault), delay=int(delay * 1000))
        )

    def pages(self, request: web.Request, times: int) -> web.Response:
        """`/search`: web results, and how many `engine` knows on a `day`."""
        query, fault = self._asked(request)
        if refused := refusal(query, fault, times == 1):
            return refused
        if fault == "layout":
            return html(fill("layout", query=query))
        if fault == "nothing" or not query:
            return html(no_pages_page(query))
        engine, day = request.query.get("engine", "demo"), _number(request, "day", 0)
        number = hits.count(self.world.seed, query, engine, day)
        if number is not None and '"' not in request.query["q"]:
            number = hits.apart(self.world.seed, query, number)
        return html(search_page(self.world.seed, query, number, _notice(query, fault)))

    def _asked(self, request: web.Request) -> tuple[str, str]:
        """The query that is answered, and what goes wrong with it."""
        query = canonical(request.query.get("q", ""))
        mood = self.moods.next(request.raw_path)
        fault = mood or page_fault_of(self.world.seed, self.world.faults, query)
        return _rewritten(query) if fault == "rewritten" else query, fault

    def _count(self, query: str, fault: str) -> int:
        """How many results a query is said to have."""
        return 0 if fault == "nothing" or not query else self.world.count(query)

    def _rows(self, query: str, fault: str, first: int, number: int) -> tuple[list[Row], bool]:
        """The results from rank `first` (from 0) on, at most `number`, and whether it goes on."""
        count = self._count(query, fault)
        end = min(count, _CAP) if fault == "capped" else count
        start = 0 if fault == "repeats" else first
        found = rows(self.world, query, start, max(0, min(number, end - start)), self.port)
        return found, fault == "repeats" or first + number < end


def _rewritten(query: str) -> str:
    """The query without the word that asks to be rewritten, or without its last one."""
    words = query.split()
    kept = [word for word in words if word != "rewriteme"]
    return " ".join(kept if kept != words else words[:-1])


def _notice(query: str, fault: str) -> Markup:
    return requery(query) if fault == "rewritten" else NOTHING


def _number(request: web.Request, name: str, least: int) -> int:
    """A parameter that counts something; nonsense counts as the least."""
    text = request.query.get(name, "")
    return max(least, int(text)) if text.isascii() and text.isdecimal() and len(text) < 9 else least
