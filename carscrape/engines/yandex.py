"""Yandex: hits from its web search."""

import re
from html import unescape
from urllib.parse import urlencode

from parsel import Selector
from scrapy import Request
from scrapy.http import Response

from carscrape.engines.base import Engine, HitPage
from carscrape.filters import NO_FILTERS, Filters
from carscrape.items import PageVerdict
from carscrape.page_values import line
from carscrape.pages import counted, first_text, has, language_of, parsed, refusal, strange, text_of

_COUNT = '[class*="__found"]'
_LIST = ("#search-result", ".serp-list")
_FOUND = ("#search-result > li", ".serp-item")
# A page without scripts is called "Yandex"; its title is in one.
_TITLE = re.compile(r'innerHTML ?= ?"((?:[^"\\]|\\.){0,2000})"', re.DOTALL)
_SAYS = re.compile(r".*(?:Яндекс|Yandex): ?(.+)", re.DOTALL)
_NONE = re.compile(
    r"ничего не на(?:йдено|шлось)|нигде не встречается|нічого не знайдено"
    r"|nothing (?:was )?found|no results|bulunamadı",
    re.IGNORECASE,
)
_ANOTHER_QUERY = re.compile(
    r"исправлена опечатка|(?:показан|добавлен)\w* результаты|результаты по запросу|без кавычек"
    r"|(?:showing|including) results for|without quotes",
    re.IGNORECASE,
)


class Yandex(Engine):
    """Counts, in words of thousands and millions; no key."""

    name = "yandex"
    home = "https://yandex.com"
    terms = "https://yandex.com/legal/termsofservice; its robots.txt is read and obeyed"
    finds_images = False
    counts_hits = True
    page_size = 10
    max_results = 1000
    delay = 5.0

    def hits_request(self, phrase: str, filters: Filters = NO_FILTERS) -> Request:
        """A page of web results for the phrase."""
        return Request(f"{self.home}/search/?{urlencode({'text': phrase})}")

    def parse_hits(self, response: Response) -> HitPage:
        """Read the count, which is in the page or in its title."""
        if response.headers.get("x-yandex-captcha"):
            return HitPage(PageVerdict.BLOCKED, detail="header x-yandex-captcha")
        if refused := refusal(response):
            return HitPage(refused[0], detail=refused[1])
        text = text_of(response)
        page = parsed(text)
        title = _title(page, text)
        if title in ("Ой!", "Oops!"):
            return HitPage(PageVerdict.BLOCKED, detail=f"title {title!r}")
        said = _SAYS.fullmatch(title)
        raw = first_text(page, _COUNT) or (said[1] if said else "")
        return _read(page, response, raw)


def _read(page: Selector, response: Response, raw: str) -> HitPage:
    locale = language_of(page)
    notice = first_text(page, ".misspell__message") or first_text(page, ".misspell")
    found = has(page, *_FOUND)
    none = _NONE.search(raw) or _NONE.search(notice)
    if _ANOTHER_QUERY.search(notice) or (none and found):
        return HitPage(PageVerdict.REWRITTEN, None, raw, locale, notice or raw)
    if none or (not raw and not found and has(page, *_LIST)):
        detail = notice or raw or "an empty list"
        return HitPage(PageVerdict.NO_RESULTS, None, raw, locale, detail)
    if raw or found:
        return counted(raw, locale)
    verdict, detail = strange(response, "list of results")
    return HitPage(verdict, detail=detail)


def _title(page: Selector, text: str) -> str:
    """The title that a browser shows."""
    written = (line(unescape(match[1])) for match in _TITLE.finditer(text))
    return next((title for title in written if _SAYS.fullmatch(title)), first_text(page, "title"))
