"""What there is to know of an engine before it is asked: for people, and for programs."""

from typing import Any

from rich.console import Console
from scrapy.settings import BaseSettings

from carscrape.blocks import show_block
from carscrape.browser.chromium import lacking, program
from carscrape.engine_choice import missing_for
from carscrape.engines.base import Engine


def facts(engine: Engine, settings: BaseSettings) -> dict[str, Any]:
    """What `show` says, as JSON has it; never a key."""
    missing = missing_for(engine, settings)
    return {
        "name": engine.name,
        "home": engine.home,
        "usable": not missing,
        "missing": missing,
        "key_variable": engine.key_variable,
        "key_is_set": bool(engine.key),
        "key_hint": engine.key_hint,
        "needs_browser": engine.needs_browser,
        "browser": (program(settings) or "") if engine.needs_browser else "",
        "own_instance": _own_instance(engine),
        "finds_images": engine.finds_images,
        "counts_hits": engine.counts_hits,
        "page_size": engine.page_size,
        "max_results": engine.max_results,
        "delay": engine.delay,
        "filters": {name: list(values) for name, values in engine.filters.items()},
        "obeys_robots": not engine.is_api,
        "is_opt_in": engine.is_opt_in,
        "is_demo": engine.is_demo,
        "terms": engine.terms,
    }


def show(engine: Engine, settings: BaseSettings, console: Console) -> None:
    """Print what there is to know, for people."""
    show_block(console, engine.name, engine.home, _rows(engine, settings))
    console.print()


def _rows(engine: Engine, settings: BaseSettings) -> list[tuple[str, str]]:
    gives = [("images", engine.finds_images), ("hit counts", engine.counts_hits)]
    paging = f"{engine.page_size} a page, {engine.max_results:,} a query at most"
    robots = "an interface for programs: its terms hold" if engine.is_api else "is obeyed"
    judged = "; yours to judge, so it is asked only where it is named" if engine.is_opt_in else ""
    return [
        ("needs", "; ".join(_needs(engine, settings)) or engine.missing() or "nothing"),
        ("gives", " and ".join(what for what, is_given in gives if is_given)),
        *([("results", paging)] if engine.finds_images else []),
        ("pause", f"{engine.delay:g} s between two requests"),
        ("filters", "; ".join(_filters(engine)) or "none"),
        ("robots", f"robots.txt {robots}" if not engine.is_api else robots),
        ("terms", engine.terms + judged),
    ]


def _needs(engine: Engine, settings: BaseSettings) -> list[str]:
    needs = []
    if engine.key_variable:
        state = (engine.missing() or "set") if engine.key else f"not set; {engine.key_hint}"
        needs.append(f"a key in {engine.key_variable}: {state}")
    if engine.needs_browser:
        found = program(settings) or "the one of Playwright"
        needs.append(f"a browser, {lacking(settings) or found}")
    if own := _own_instance(engine):
        needs.append(f"an instance of your own: {own}")
    return needs


def _filters(engine: Engine) -> list[str]:
    """Each filter with its values; one that is a code has none to list."""
    return [
        f"{name} {', '.join(values)}" if values else name for name, values in engine.filters.items()
    ]


def _own_instance(engine: Engine) -> str:
    return "{}:{}".format(*engine.own_address) if engine.own_address else ""
