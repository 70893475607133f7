"""Which engines are asked, and what their searches are narrowed to."""

from collections.abc import Iterable, Mapping

from scrapy.settings import BaseSettings

from carscrape.argument_values import ArgumentError
from carscrape.browser.chromium import lacking
from carscrape.engines.base import Engine, engine_names, load_engine
from carscrape.filters import CODES, Filters, check_filter


def find_engine(name: str) -> Engine:
    """The engine of that name.

    Raises:
        ArgumentError: there is none.
    """
    try:
        return load_engine(name)
    except KeyError:
        known = ", ".join(engine_names())
        raise ArgumentError(f"engines: there is no engine {name!r}; there are {known}") from None


def pick_engines(names: Iterable[str], demo_port: int | None = None) -> tuple[Engine, ...]:
    """The engines of these names, each once.

    Raises:
        ArgumentError: there is no such engine, or they cannot be asked together.
    """
    engines = tuple(map(find_engine, dict.fromkeys(name.strip() for name in names)))
    if len({engine.is_demo for engine in engines}) > 1:
        raise ArgumentError("engines: the demo web's cannot be asked together with real ones")
    if demo_port and not engines[0].is_demo:
        raise ArgumentError("demo_port is for the demo's engines alone")
    return engines


def check_engines(engines: Iterable[Engine], counts_hits: bool, settings: BaseSettings) -> None:
    """Check that engines can be asked for images, or for hits.

    Raises:
        ArgumentError: one cannot.
    """
    for engine in engines:
        if counts_hits and not engine.counts_hits:
            raise ArgumentError(f"engines: {engine.name} does not count hits")
        if not counts_hits and not engine.finds_images:
            raise ArgumentError(f"engines: {engine.name} finds no images, it only counts hits")
        if missing := missing_for(engine, settings):
            raise ArgumentError(f"engines: {missing}")


def missing_for(engine: Engine, settings: BaseSettings) -> str:
    """What has to be done before an engine can be asked here, as one line; "" if nothing."""
    if engine.needs_browser and (lacks := lacking(settings)):
        return f"{engine.name} needs a browser, {lacks}"
    return engine.missing()


def choose_filters(
    given: Mapping[str, str], own: Filters, engines: Iterable[Engine], counts_hits: bool
) -> Filters:
    """The recipe's own filters and those given beside it, which every engine must have.

    Raises:
        ArgumentError: a filter has no such value, or an engine has no such filter.
    """
    for name, value in given.items():
        try:
            check_filter(name, value)
        except ValueError as error:
            raise ArgumentError(f"{name}: {error}") from None
        if counts_hits and name not in CODES:
            raise ArgumentError(f"{name}: hits are narrowed by {' and '.join(CODES)} alone")
    filters = {**own, **given}
    if counts_hits:
        filters = {name: value for name, value in filters.items() if name in CODES}
    for engine in engines:
        if lacks := engine.lacks(filters):
            raise ArgumentError(f"{lacks}; leave out the filter, or the engine")
    return filters
