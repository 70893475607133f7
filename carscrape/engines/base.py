"""What a search engine must offer: build a request, read a response, touch nothing else.

A new engine is one module in this folder, named as the engine, holding one `Engine` subclass;
so a saved page is a test (`tests/engines/<engine>/<case>/`).
"""

import inspect
import pkgutil
from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import ClassVar
from urllib.parse import urlencode

from scrapy import Request
from scrapy.http import Response

from carscrape.filters import CHOICES, NO_FILTERS, Filters
from carscrape.items import PageVerdict, Result
from carscrape.secrets import is_sendable, read_key

_NOT_ENGINES = {"base"}


@dataclass(frozen=True, slots=True)
class ResultPage:
    """A page of image results as read: its verdict, its results, where it goes on."""

    verdict: PageVerdict
    results: tuple[Result, ...] = ()
    next_cursor: str | None = None  # opaque to everyone but the engine; None at the end
    detail: str = ""  # what was seen, for any verdict but `results`


@dataclass(frozen=True, slots=True)
class HitPage:
    """A web result page as read for its number of hits; count is None where none is shown."""

    verdict: PageVerdict
    count: int | None = None
    raw: str = ""  # the text the count was read from
    locale: str = ""  # the language the page says it is in, or that was asked for
    detail: str = ""


BROWSING = "browsing"
"""Meta of a request that a browser has to make; its value is a `Browsing`."""


@dataclass(frozen=True, slots=True)
class Browsing:
    """How a page is read that builds itself in a browser."""

    result: str  # CSS selector of one result; scrolling goes on while more of them come
    most: int  # results that are enough
    instead: str = ""  # CSS selector of what stands there in place of results: waiting ends at once
    hosts: tuple[str, ...] = ()  # besides the page's own; "*.example.com" is every host below it


class Engine(ABC):
    """A search engine: declarations, and two pure halves per kind of question.

    An engine that finds images overrides `image_request` and `parse_images`, one that counts hits
    `hits_request` and `parse_hits`.
    """

    name: ClassVar[str]
    home: ClassVar[str]  # its address, for people
    terms: ClassVar[str]  # what its terms say of this use, and where they are; one line
    finds_images: ClassVar[bool] = True
    counts_hits: ClassVar[bool] = False
    needs_browser: ClassVar[bool] = False
    key_variable: ClassVar[str] = ""  # of the environment, which holds its key; "" if it needs none
    key_hint: ClassVar[str] = ""  # where one gets a key
    is_api: ClassVar[bool] = False  # made for programs: its terms hold, and not its robots.txt
    is_opt_in: ClassVar[bool] = False  # its terms are for a person to judge: printed at start
    is_demo: ClassVar[bool] = False  # on the demo web, and so never together with real ones
    page_size: ClassVar[int]
    max_results: ClassVar[int]  # of a query; no page beyond this is worth asking
    delay: ClassVar[float] = 2.0  # seconds between two requests
    filters: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType({})
    """Filter -> its values -> what this engine calls them; empty for a filter that is a code."""

    def __init__(self) -> None:
        self.key = read_key(self.key_variable) if self.key_variable else ""
        # Host and port of an instance of the user's own, which may be inside their network.
        self.own_address: tuple[str, int] | None = None

    def missing(self) -> str:
        """What has to be done before it can be asked, as one line; "" if nothing."""
        if self.key_variable and not self.key:
            return f"{self.name} needs a key: set {self.key_variable} ({self.key_hint})"
        if not is_sendable(self.key):
            return f"{self.key_variable} holds more than a key: printable ASCII characters alone"
        return ""

    def lacks(self, filters: Filters) -> str:
        """Which of these filters it does not have, as one line; "" if it has them all."""
        for name, value in filters.items():
            if name not in self.filters:
                return f"{name}={value}: {self.name} has no such filter"
            if name in CHOICES and value not in self.filters[name]:
                known = ", ".join(self.filters[name])
                return f"{name}={value}: {self.name} knows {known} alone"
        return ""

    def native(self, name: str, filters: Filters) -> str:
        """What this engine calls the value of a filter; "" if it is not asked for."""
        value = filters.get(name, "")
        return self.filters[name].get(value, value) if value else ""

    def image_request(
        self, query: str, cursor: str | None = None, filters: Filters = NO_FILTERS
    ) -> Request:
        """The request for a page of images; `cursor` is what the page before said."""
        raise NotImplementedError(f"engine {self.name} finds no images")

    def parse_images(self, response: Response) -> ResultPage:
        """Read a page of images. Never raises for what a server can send."""
        raise NotImplementedError(f"engine {self.name} finds no images")

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """The request whose answer counts the pages that hold `phrase`.

        Of the filters, only language and market are ever given.
        """
        raise NotImplementedError(f"engine {self.name} counts no hits")

    def parse_hits(self, response: Response) -> HitPage:
        """Read the number of hits. Never raises for what a server can send."""
        raise NotImplementedError(f"engine {self.name} counts no hits")


class DemoEngine(Engine):
    """An engine of the demo web on this machine; the crawl starts that web and sets the port."""

    home = "http://127.0.0.1"
    terms = "Your own machine: ask what you like."
    is_demo = True
    delay = 0.01

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.day = 0  # days of hit counts before this one

    def url(self, path: str, **asked: str | int) -> str:
        """The address of something on the demo web."""
        return f"{self.home}:{self.port}{path}?{urlencode(asked)}"


def engine_names() -> list[str]:
    """Every engine there is: the modules beside this one."""
    from carscrape import engines

    # pkgutil also lists what is inside a zipped egg, where os.listdir finds nothing.
    modules = (module.name for module in pkgutil.iter_modules(engines.__path__))
    return sorted(name for name in modules if name not in _NOT_ENGINES)


def load_engine(name: str) -> Engine:
    """The engine of that name.

    Raises:
        KeyError: there is no module of that name.
    """
    if name not in engine_names():
        raise KeyError(name)
    module = import_module(f"carscrape.engines.{name}")
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Engine)
        and value.__module__ == module.__name__
    ]
    (engine,) = classes
    return engine()
