"""What a search engine must offer: build a request, read a response, touch nothing else.

A new engine is one module in this folder, named as the engine, holding one `Engine` subclass;
so a saved page is a test (`tests/engines/<engine>/<case>/`).
"""

import inspect
import pkgutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

from scrapy import Request
from scrapy.http import Response

from carscrape.items import PageVerdict

_NOT_ENGINES = {"base"}


@dataclass(frozen=True, slots=True)
class Result:
    """One image as a result page names it. Everything but the URL may be missing."""

    image_url: str
    page_url: str = ""
    title: str = ""
    thumbnail: str = ""
    width: int | None = None  # pixels, as the engine claims
    height: int | None = None
    licence: str = ""


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
    raw: str = ""
    detail: str = ""


class Engine(ABC):
    """A search engine: declarations, and two pure halves per kind of question."""

    name: ClassVar[str]
    home: ClassVar[str]  # its address, for people
    needs_key: ClassVar[bool] = False
    needs_browser: ClassVar[bool] = False
    counts_hits: ClassVar[bool] = False
    page_size: ClassVar[int]
    max_results: ClassVar[int]  # no page beyond this is worth asking
    delay: ClassVar[float] = 2.0  # seconds between two requests

    @abstractmethod
    def image_request(self, query: str, cursor: str | None = None) -> Request:
        """The request for a page of images; `cursor` is what the page before said."""

    @abstractmethod
    def parse_images(self, response: Response) -> ResultPage:
        """Read a page of images. Never raises for what a server can send."""

    def hits_request(self, phrase: str) -> Request:
        """The request whose answer counts the pages that hold `phrase`."""
        raise NotImplementedError(f"engine {self.name} counts no hits")

    def parse_hits(self, response: Response) -> HitPage:
        """Read the number of hits. Never raises for what a server can send."""
        raise NotImplementedError(f"engine {self.name} counts no hits")


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
        and not inspect.isabstract(value)
    ]
    engine: Engine = classes[0]()
    return engine
