"""scrapy-playwright, set up by this file alone, with one Chromium from its start to its end."""

import asyncio
from contextlib import suppress
from typing import Self

from playwright.async_api import Error
from scrapy.crawler import Crawler
from scrapy_playwright.handler import Config, ScrapyPlaywrightDownloadHandler

from carscrape.browser.chromium import launch_options

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
            navigation_timeout_ms=crawler.settings.getfloat("BROWSER_TIMEOUT") * 1000,
            download_timeout_secs=1.0,  # for a file where a page was expected, which nobody wants
            restart_disconnected_browser=False,
            target_closed_max_retries=0,  # a try of each page is a row's affair
        )
        # Nothing may be loaded until a page's gate has taken the place of this.
        self.abort_request = lambda _: True

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
        """Whether Chromium has neither crashed nor been closed."""
        return bool(self.browser.is_connected())

    async def close_context(self, name: str) -> None:
        """Close a page's context, and so the page, if there is one yet."""
        wrapper = self.context_wrappers.get(name)
        if wrapper:
            with suppress(Error, TimeoutError):
                await asyncio.wait_for(wrapper.context.close(), _CLOSE_SECONDS)

    async def close(self) -> None:
        """End Chromium, as far as it has not ended itself."""
        with suppress(Error, TimeoutError):
            await asyncio.wait_for(super().close(), _CLOSE_SECONDS)
