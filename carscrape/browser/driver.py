"""scrapy-playwright, set up by this file alone, with one Chromium from its start to its end."""

import asyncio
from contextlib import suppress
from typing import Any, Self

from playwright.async_api import Error, Page
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import HtmlResponse
from scrapy_playwright.handler import Config, ScrapyPlaywrightDownloadHandler

from carscrape.browser.chromium import launch_options
from carscrape.browser.reading import finished
from carscrape.engines.base import BROWSING

GATE = "gate"
"""Meta of what is asked of a driver: the `Gate` of its page."""

_CLOSE_SECONDS = 5.0


class Driver(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """A running Chromium; one that crashed is closed, and another made in its place."""

    def __init__(self, crawler: Crawler, resolver_rules: str) -> None:
        super().__init__(crawler)
        self.config = Config(
            cdp_url=None,
            cdp_kwargs={},
            connect_url=None,
            connect_kwargs={},
            browser_type_name="chromium",
            launch_options=launch_options(crawler.settings, resolver_rules),
            max_pages_per_context=1,
            max_contexts=None,
            startup_context_kwargs={},
            navigation_timeout_ms=0,  # none: BROWSER_TIMEOUT is for the whole page
            download_timeout_secs=0.0,  # nothing is downloaded
            restart_disconnected_browser=False,
            target_closed_max_retries=0,  # a try of each page is a row's affair
        )
        # Nothing may be loaded until a page's gate has taken the place of this.
        self.abort_request = lambda _: True
        self._lost = False

    @classmethod
    async def start(cls, crawler: Crawler, resolver_rules: str) -> Self:
        """Start Chromium.

        Raises:
            Error: it does not start.
        """
        driver = cls(crawler, resolver_rules)
        try:
            await driver._launch()
            await driver._maybe_launch_browser()
        except BaseException:
            await driver.close()
            raise
        return driver

    @property
    def runs(self) -> bool:
        """Whether neither Chromium nor Playwright's own process has crashed."""
        return bool(self.browser.is_connected()) and not self._lost

    async def _download_request_with_page(
        self, request: Request, page: Page, spider: Any
    ) -> HtmlResponse:
        # Not as scrapy-playwright does it, which reads a page before it is scrolled, and does not
        # expect half a character in it, nor a file in its place.
        await page.goto(request.url, wait_until="commit")
        return await finished(page, request.meta[GATE], request.meta[BROWSING])

    async def close_context(self, name: str) -> None:
        """Close a page's context, and so the page, if there is one yet."""
        wrapper = self.context_wrappers.get(name)
        try:
            if wrapper:
                await asyncio.wait_for(wrapper.context.close(), _CLOSE_SECONDS)
        except (Error, TimeoutError):
            self._lost = True

    async def close(self) -> None:
        """End Chromium, as far as it has not ended itself."""
        with suppress(Error, TimeoutError):
            await asyncio.wait_for(super().close(), _CLOSE_SECONDS)
