"""The browser in which pages of postprocess are looked at, and a small recipe."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scrapy.settings import Settings
from stores import RECIPE, TABLE

from carscrape import recipe
from carscrape.browser.chromium import launch_options

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")  # its event loop would be in the way of other modules' tests
def chromium() -> Iterator["Browser"]:
    """A browser for which nothing but loopback exists."""
    from playwright.sync_api import sync_playwright

    project = Settings()
    project.setmodule("carscrape.settings")
    with sync_playwright() as playwright:
        options = launch_options(project, "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: "Browser") -> Iterator[Callable[..., "Page"]]:
    """A function that opens a tab in a context of its own, which ends with the test."""
    with ExitStack() as stack:

        def opened(**options: Any) -> "Page":
            context = chromium.new_context(**options)
            context.set_default_timeout(120_000)  # the machine may have much else to do
            stack.callback(context.close)
            return context.new_page()

        yield opened


@pytest.fixture
def cars(tmp_path: Path) -> recipe.Recipe:
    """A recipe of two colours and two cars."""
    path = tmp_path / "recipe" / "small.toml"
    path.parent.mkdir()
    path.write_text(RECIPE, encoding="utf-8")
    (path.parent / "small.csv").write_text(TABLE, encoding="utf-8")
    return recipe.load(str(path))
