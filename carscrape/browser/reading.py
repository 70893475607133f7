"""What a page in the browser became, as the response that engines read."""

from playwright.async_api import Page
from scrapy.exceptions import DownloadCancelledError
from scrapy.http import HtmlResponse

from carscrape.browser.gate import Gate
from carscrape.browser.scroll import scroll
from carscrape.engines.base import Browsing
from carscrape.pages import MAX_BYTES


async def finished(page: Page, gate: Gate, browsing: Browsing) -> HtmlResponse:
    """Scroll a page that has begun to come, and read it as it is then.

    Raises:
        DownloadCancelledError: it is longer than a page of results may be.
        Error: Playwright's, for all that may happen to a page.
    """
    if gate.document and gate.document.status == 200:
        await scroll(page, browsing)
    else:
        await page.wait_for_load_state("domcontentloaded")
    body = await _body(page)
    document = gate.document  # scripts may have led to another
    headers = await document.all_headers() if document else {}
    headers.pop("content-encoding", None)  # undone by the browser
    return HtmlResponse(
        page.url,
        status=document.status if document else 200,
        headers=headers,
        body=body,
        encoding="utf-8",
    )


async def _body(page: Page) -> bytes:
    # Asked first, or all of it would come through a pipe.
    if await page.evaluate("document.documentElement.outerHTML.length") <= MAX_BYTES:
        body = (await page.content()).encode("utf-8", "replace")
        if len(body) <= MAX_BYTES:
            return body
    raise DownloadCancelledError(f"over {MAX_BYTES} bytes")
