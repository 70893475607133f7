"""The browser of a crawl. Only `handler.Handler` imports this, and only for a page to browse."""

import asyncio
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError
from scrapy.http import HtmlResponse

from carscrape.browser.driver import GATE, Driver
from carscrape.browser.errors import first_line, scrapys
from carscrape.browser.gate import Gate
from carscrape.browser.hosts import Hosts, resolver_rules
from carscrape.engines.base import BROWSING
from carscrape.guard import Refused
from carscrape.items import Outcome
from carscrape.stopping import Stop, abandon

_browsers: dict[Crawler, "Browser"] = {}


class Browser:
    """Makes the requests that need a browser, each in a context of its own, which keeps nothing."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._seconds = crawler.settings.getfloat("BROWSER_TIMEOUT")
        self._agent: str = crawler.settings["USER_AGENT"]
        self._starting: asyncio.Task[Driver] | None = None
        self._pages: set[asyncio.Task[HtmlResponse]] = set()
        self._numbers = count(1)
        crawler.signals.connect(self.abandon, signal=abandon)

    @classmethod
    def of(cls, crawler: Crawler) -> "Browser":
        """The one browser of a crawl, which the handlers of all schemes share."""
        if crawler not in _browsers:
            _browsers[crawler] = cls(crawler)
        return _browsers[crawler]

    async def read(self, request: Request) -> HtmlResponse:
        """The page as it is once its scripts have run and it was scrolled to its end.

        Raises:
            Refused: the page leads where its engine does not allow, or there is no browser.
            Exception: one of Scrapy's for downloads, whatever the browser met.
        """
        page = asyncio.ensure_future(self._read(request))
        self._pages.add(page)
        try:
            await asyncio.wait([page])
            if page.cancelled():
                raise DownloadFailedError("abandoned, since the crawl ends")
            return page.result()
        finally:
            self._pages.discard(page)
            page.cancel()

    def abandon(self) -> None:
        """Break off every page."""
        for page in self._pages:
            page.cancel()

    async def close(self) -> None:
        """End the browser, if one was started; for good."""
        _browsers.pop(self._crawler, None)
        self.abandon()
        if self._starting:
            (driver,) = await asyncio.gather(self._starting, return_exceptions=True)
            if isinstance(driver, Driver):
                await driver.close()

    # --- starting

    async def _driver(self) -> Driver:
        """A browser that runs; all who need one at once share its start."""
        if self._starting is None or _has_crashed(self._starting):
            self._starting = asyncio.ensure_future(self._start(self._starting))
        try:
            return await asyncio.shield(self._starting)
        except Error as error:
            raise self._no_browser(error) from None

    async def _start(self, before: asyncio.Task[Driver] | None) -> Driver:
        if before:
            await before.result().close()
        spider: Any = self._crawler.spider
        asked = [r for r in spider.sample_requests() if BROWSING in r.meta]
        return await Driver.start(self._crawler, resolver_rules(map(Hosts.of, asked)))

    def _no_browser(self, error: Error) -> Refused:
        """End the run: what fails from now on says nothing about the pages."""
        stop = getattr(self._crawler.spider, "stop", None)
        why = f"the browser does not start: {first_line(error)}"
        if isinstance(stop, Stop):
            stop.now("no_browser", why)
        return Refused(Outcome.CONNECTION, why)

    # --- pages

    async def _read(self, request: Request) -> HtmlResponse:
        driver = await self._driver()
        gate = Gate(Hosts.of(request))
        asked = request.replace(meta=self._meta(request, gate))
        try:
            async with asyncio.timeout(self._seconds):
                page: HtmlResponse = await driver.download_request(asked)
                return page
        except TimeoutError:
            raise DownloadTimeoutError(f"not there in {self._seconds:.0f} seconds") from None
        except Error as error:
            if gate.astray:
                host = urlsplit(gate.astray).netloc
                raise Refused(Outcome.REDIRECTS, f"it leads to {host}, not expected") from None
            raise scrapys(error) from None
        finally:
            await driver.close_context(asked.meta["playwright_context"])

    def _meta(self, request: Request, gate: Gate) -> dict[str, Any]:
        """What scrapy-playwright is told."""
        language = request.headers.get("Accept-Language") or b"en"
        return {
            "playwright": True,
            "playwright_include_page": True,  # ours to close
            "playwright_context": f"page {next(self._numbers)}",
            "playwright_context_kwargs": {
                "user_agent": self._agent,
                "extra_http_headers": {"Accept-Language": language.decode("latin-1")},
                "accept_downloads": False,
                "service_workers": "block",
                "permissions": [],
            },
            "playwright_page_init_callback": gate.install,
            GATE: gate,
            BROWSING: request.meta[BROWSING],
        }


def _has_crashed(starting: asyncio.Task[Driver]) -> bool:
    """Whether a browser that did start runs no more."""
    return starting.done() and not starting.exception() and not starting.result().runs
