"""What one page may load, and the document it ended at."""

from contextlib import suppress

from playwright.async_api import BrowserContext, Error, Page, Response, Route
from playwright.async_api import Request as PageRequest
from scrapy import Request

from carscrape.browser.hosts import Hosts

_NOT_READ = frozenset({"image", "font", "media"})


class Gate:
    """Lets a page load text from its hosts, and nothing else; closes what it opens beside itself.

    Playwright asks it about requests that begin; about redirects and web sockets it asks nobody.
    """

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self.document: Response | None = None  # the newest one of the page itself
        self.astray = ""  # URL to which the page itself went, though it may not

    async def install(self, page: Page, request: Request) -> None:
        """Put it around a new page, in the place of scrapy-playwright's own routing."""
        context: BrowserContext = page.context
        context.on("page", _close)
        page.on("request", self._note_request)
        page.on("response", self._note_response)
        await context.route("**/*", self._decide)
        await page.unroute("**")

    async def _decide(self, route: Route) -> None:
        request = route.request
        # The page may be gone before its request is.
        with suppress(Error):
            if request.resource_type in _NOT_READ or not self._hosts.allow(request.url):
                await route.abort("blockedbyclient")
            else:
                await route.continue_()

    def _note_request(self, request: PageRequest) -> None:
        if _is_of_the_page(request) and not self._hosts.allow(request.url):
            self.astray = request.url

    def _note_response(self, response: Response) -> None:
        if _is_of_the_page(response.request):
            self.document = response


def _is_of_the_page(request: PageRequest) -> bool:
    return request.is_navigation_request() and request.frame.parent_frame is None


async def _close(popup: Page) -> None:
    with suppress(Error):
        await popup.close()
