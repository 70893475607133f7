"""Scrolling a page until it holds enough results, or no more of them come."""

from playwright.async_api import Locator, Page
from playwright.async_api import TimeoutError as NotInTime

from carscrape.engines.base import Browsing

# Measured on a page that loads on scroll: believing one try lost most results of every sixth page.
_TRIES = 2
_SECONDS = 3.0  # that a try waits for one more result
# Up and down again: whoever watches what comes into view sees nothing new at the end of a page.
_SCROLL = """async result => {
  const frame = () => new Promise(requestAnimationFrame);
  scrollBy(0, -innerHeight);
  await frame(); await frame();
  [...document.querySelectorAll(result)].pop()?.scrollIntoView();
  scrollTo(0, document.documentElement.scrollHeight);
}"""


async def scroll(page: Page, browsing: Browsing) -> None:
    """Wait for what is expected, and scroll while more results come.

    A page that shows neither results nor what may stand in their place is left as it is once
    nothing loads any more, for the engine to say what it is.
    """
    await _wait_for_anything(page, browsing)
    results = page.locator(f"css={browsing.result}")
    count, tries = await results.count(), 0
    while 0 < count < browsing.most and tries < _TRIES:
        await page.evaluate(_SCROLL, browsing.result)
        tries = 0 if await _appears(results.nth(count)) else tries + 1
        count = await results.count()


async def _wait_for_anything(page: Page, browsing: Browsing) -> None:
    either = ", ".join(filter(None, (browsing.result, browsing.instead)))
    expected = page.locator(f"css={either}").first
    if not await _appears(expected):
        await page.wait_for_load_state("networkidle", timeout=0)
        await _appears(expected)


async def _appears(locator: Locator) -> bool:
    """Whether it comes into the page in time."""
    try:
        await locator.wait_for(state="attached", timeout=_SECONDS * 1000)
    except NotInTime:
        return False
    return True
