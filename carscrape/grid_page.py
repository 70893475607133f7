"""A page of images as Bing builds it: every result is JSON in an attribute of its link."""

import json
import re
from urllib.parse import urljoin, urlsplit

from parsel import Selector
from scrapy.http import Response

from carscrape.engines.base import ResultPage
from carscrape.items import PageVerdict, Result
from carscrape.page_values import address, line, pixels, sides
from carscrape.pages import (
    MOST_RESULTS,
    attribute,
    has,
    html_of,
    refusal,
    result_page,
    rewriting,
    strange,
)

_CLASSES = "concat(' ', normalize-space(@class), ' ')"
_GRIDS = (
    f"(//*[contains({_CLASSES}, ' dgControl ') or contains({_CLASSES}, ' dg_b ')"
    " or starts-with(@id, 'mmComponent_images_')])[position() <= 20]"  # a page has a few
)
_LONGEST_RECORD = 64 * 1024  # characters of a result's JSON; real ones have a hundredth of it
# Not css("a.iusc")[:MOST_RESULTS], which makes a Selector for each of a million links first.
_LINKS = f"(//a[contains({_CLASSES}, ' iusc ')])[position() <= {MOST_RESULTS}]"


def grid_page(response: Response, home: str) -> ResultPage:
    """Read a whole page, or the fragment that later pages are.

    Args:
        home: scheme and host of the engine; a next page that lies elsewhere is not followed.
    """
    if refused := refusal(response):
        return ResultPage(refused[0], detail=refused[1])
    page = html_of(response)
    if rewritten := rewriting(page):
        return ResultPage(PageVerdict.REWRITTEN, detail=rewritten)
    links = page.xpath(_LINKS)
    if not links:
        return _empty(page, response)
    return result_page([_result(link) for link in links], *_next(page, home))


def _empty(page: Selector, response: Response) -> ResultPage:
    """A page without results: a grid with nothing in it, or a notice, proves there are none."""
    if page.xpath(_GRIDS) or has(page, ".b_no"):
        return ResultPage(PageVerdict.NO_RESULTS, detail="an empty grid")
    verdict, detail = strange(response, "grid of images")
    return ResultPage(verdict, detail=detail)


def _next(page: Selector, home: str) -> tuple[str | None, str]:
    """The URL of the next page, and why the one given is not followed."""
    # The first grid is the page's own; those inside it are carousels of other queries.
    given = address(page.xpath(_GRIDS).xpath("(descendant-or-self::*/@data-nexturl)[1]").get())
    if not given:
        return None, ""
    try:
        url = urljoin(home, given)
        parts = urlsplit(url)
    except ValueError:
        return None, f"the next page is no URL: {given[:200]}"
    if f"{parts.scheme}://{parts.netloc}" != home or not parts.path.startswith("/images/"):
        return None, f"the next page lies elsewhere: {given[:200]}"
    return url, ""


def _result(link: Selector) -> Result | None:
    """The result of a link; None if its JSON names no image."""
    try:
        record = json.loads(attribute(link, "m")[:_LONGEST_RECORD])
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not address(record.get("murl")):
        return None
    width, height = _size(link)
    picture = link.css("img")
    return Result(
        image_url=address(record["murl"]),
        page_url=address(record.get("purl")),
        # Results in carousels have no title of their own; their label is the title.
        title=line(record.get("t"))
        or line(record.get("desc"))
        or line(attribute(link, "aria-label")),
        thumbnail=address(record.get("turl"))
        or address(attribute(picture, "src"))
        or address(attribute(picture, "data-src")),
        width=width,
        height=height,
    )


def _size(link: Selector) -> tuple[int | None, int | None]:
    """Width and height from the link's target, else from the text below the thumbnail."""
    target = attribute(link, "href")
    named = [re.search(rf"[?&]{name}=(\d+)", target, re.ASCII) for name in ("expw", "exph")]
    if all(named):
        width, height = (pixels(side[1]) for side in named if side)
        return width, height
    # Not following-sibling::, which walks along all siblings, of a million links each.
    below = link.root.getnext()
    text = ""
    if below is not None and below.tag == "div":
        text = Selector(root=below).css("span.nowrap::text").get("")
    return sides(text)
