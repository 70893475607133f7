"""What result pages of all engines have in common: refusals, text, and the count of hits."""

import re
import warnings
from collections.abc import Sequence

from parsel import Selector, SelectorList
from parsel.csstranslator import css2xpath
from scrapy.http import Response, TextResponse

from carscrape.engines.base import HitPage, ResultPage
from carscrape.items import PageVerdict, Result
from carscrape.numbers import read_count
from carscrape.page_values import encodable, line

MAX_BYTES = 5 * 2**20
OVERSIZED = "oversized"  # flag of a response in the place of one that was over MAX_BYTES
MOST_RESULTS = 1000  # read of one page; engines send up to 150
_PIECE = 10_000  # characters looked at of a piece of HTML
_BREAKS = re.compile(r"<(?=(?:br|p|div|li|tr|td)\b)", re.IGNORECASE)  # where a line is broken
_SHOWN = (  # not what is there for programs, such as a name once more
    "//text()[not(ancestor::*[self::style or self::script"
    " or contains(translate(@style, ' ', ''), 'display:none')])]"
)
_REFUSING = {202, 401, 403, 418, 429}  # what engines answer to a client they do not want
_WALL = re.compile(
    r"captcha|unusual traffic|/sorry/|//consent\.|challenges\.cloudflare\.com|<title>error 403"
    r"|verify (?:that )?you(?:'re| are) (?:a )?human|are you a robot"
)
_REWRITTEN = re.compile(r"(?:including|showing) results for", re.IGNORECASE)
_LANGUAGE = re.compile("[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_WORD = re.compile(r"[^\W_]+")

Refusal = tuple[PageVerdict, str]
"""A verdict that ends the reading of a page, and what was seen."""


def refusal(response: Response) -> Refusal | None:
    """Why a response cannot be a page of results; None if it may be one."""
    if OVERSIZED in response.flags or len(response.body) > MAX_BYTES:
        return PageVerdict.TOO_LARGE, f"over {MAX_BYTES} bytes"
    if response.status in _REFUSING:
        return PageVerdict.BLOCKED, f"status {response.status}"
    if response.status != 200:
        verdict = PageVerdict.BLOCKED if _wall(response) else PageVerdict.FAILED
        return verdict, f"status {response.status}"
    if not response.body.strip():
        return PageVerdict.BLOCKED, "an empty answer"
    return None


def strange(response: Response, expected: str) -> Refusal:
    """What a page without the expected part is: a wall, or of a layout that is not known."""
    if wall := _wall(response):
        return PageVerdict.BLOCKED, f"no {expected}, but {wall!r}"
    return PageVerdict.LAYOUT_UNKNOWN, f"no {expected} in {len(response.body)} bytes"


def text_of(response: Response) -> str:
    """The body as text that can be encoded again, whatever it is."""
    if isinstance(response, TextResponse):
        return encodable(response.text)
    return response.body.decode("utf-8", "replace")


def html_of(response: Response) -> Selector:
    """The body as HTML, whatever it is."""
    return parsed(text_of(response))


def parsed(text: str) -> Selector:
    """A text as HTML, with the parser's own limits on depth and length."""
    with warnings.catch_warnings():
        # That a limit was hit is for the verdict to say.
        warnings.filterwarnings("ignore", "Input data is too big")
        return Selector(text=text, type="html", huge_tree=False)


def first_text(page: Selector, css: str) -> str:
    """The text of the first element of a kind, on one line; "" if there is none."""
    return line(page.css(css)[:1].xpath("string()").get())


def shown_text(html: object) -> str:
    """What a reader sees of a piece of HTML, on one line; "" if it is no text."""
    if not isinstance(html, str):
        return ""
    apart = _BREAKS.sub(" <", encodable(html[:_PIECE]))
    texts = Selector(text=apart, type="html", huge_tree=False).xpath(_SHOWN)
    return line("".join(texts.getall()))


def attribute(element: Selector | SelectorList[Selector], name: str) -> str:
    """An attribute of an element, or of the first in a list; "" if there is none."""
    # Not `.attrib`, which raises where another attribute's name is damaged.
    return element.xpath(f"@{name}").get("")


def has(page: Selector, *selectors: str) -> bool:
    """Whether a page has an element that one of these CSS selectors means."""
    # One by one: a union of many elements takes quadratic time.
    return any(page.xpath(f"({css2xpath(css)})[1]") for css in selectors)


def language_of(page: Selector) -> str:
    """The language a page says it is in, as in "de-CH"; "" if it says none."""
    said = attribute(page.css("html")[:1], "lang").strip()
    return said if _LANGUAGE.fullmatch(said) else ""


def rewriting(page: Selector) -> str:
    """What a page says where it clearly answers another query than it was asked; "" if not."""
    recourse = first_text(page, "#sp_recourse")
    requery = first_text(page, "#sp_requery")
    return recourse or (requery if _REWRITTEN.search(requery) else "")


def same_query(one: str, other: str) -> bool:
    """Whether two queries differ in nothing but what engines overlook: case, quotes and blanks."""
    words = [_WORD.findall(query.casefold()) for query in (one, other)]
    return words[0] == words[1]


def result_page(
    results: Sequence[Result | None], next_cursor: str | None, detail: str = ""
) -> ResultPage:
    """The page of these results, None standing for one that could not be read."""
    readable = tuple(result for result in results if result)
    lost = len(results) - len(readable)
    if lost:
        detail = "; ".join(filter(None, [f"{lost} of {len(results)} results unreadable", detail]))
    if not readable:
        return ResultPage(PageVerdict.LAYOUT_UNKNOWN, detail=detail)
    return ResultPage(PageVerdict.RESULTS, readable, next_cursor, detail)


def hit_page(response: Response) -> HitPage:
    """A page of web results as Bing builds it, read for `span.sb_count`.

    A page that says it found nothing is `no_results` and has no count either: the engine names
    no number, and what absence means is for the reader of the counts to decide.
    """
    if refused := refusal(response):
        return HitPage(refused[0], detail=refused[1])
    page = html_of(response)
    raw = first_text(page, "span.sb_count")
    locale = language_of(page)
    if rewritten := rewriting(page):
        return HitPage(PageVerdict.REWRITTEN, None, raw, locale, rewritten)
    if has(page, ".b_no") and not has(page, ".b_algo"):
        return HitPage(PageVerdict.NO_RESULTS, None, raw, locale, "the page says so")
    if not raw and not has(page, "#b_results > li:not(.b_no)"):
        verdict, detail = strange(response, "list of results")
        return HitPage(verdict, detail=detail)
    return counted(raw, locale)


def counted(raw: str, locale: str) -> HitPage:
    """A page that has results, and the text that may say how many."""
    count = read_count(raw)
    detail = "" if count is not None else "shows no count"
    return HitPage(PageVerdict.RESULTS, count, raw, locale, detail)


def _wall(response: Response) -> str:
    """The words that show a captcha or consent page in place of an answer; "" if none do."""
    found = _WALL.search(f"{response.url} {text_of(response)}".lower())
    return found[0] if found else ""
