"""What pages of Google have in common: their parts, notices and walls."""

import re

from parsel import Selector
from scrapy.http import Response

from carscrape.items import PageVerdict
from carscrape.page_values import line
from carscrape.pages import Refusal, attribute, has, language_of, parsed, strange, text_of
from carscrape.scripts import unescaped

WALLS = (
    'form[action*="Captcha"]',
    'form[action*="/sorry"]',
    'form[action*="consent."]',
    "form#captcha-form",
    "div.g-recaptcha",
)
"""CSS of forms to solve or to agree to."""

_RESULTS_PAGE = 'html[itemtype$="SearchResultsPage"]'
_OF_IMAGES = ('[data-id="mosaic"]', 'input[name="udm"]', 'input[name="tbm"][value="isch"]')
# The parts of a page that are read, looked for at once: a page may have a million elements.
_PARTS = ("result-stats", "resultStats", "fprs", "taw", "topstuff", "search", "rso")
_ALL_PARTS = f"(//*[@id][{' or '.join(f'@id={part!r}' for part in _PARTS)}])[position() <= 50]"
_SHOWN = "(.//text()[not(parent::script or parent::style)])[position() <= 200]"
_PARAGRAPHS = 5  # looked at above the results; the first says whose they are
_ANOTHER_QUERY = re.compile(
    r"(?:showing|including) results for|without quotes"
    r"|ergebnisse für|ohne anführungszeichen"
    r"|résultats (?:pour|correspondant)|sans (?:les )?guillemets"
    r"|resultados (?:de|para)|sin comillas|sem aspas"
    r"|risultati (?:per|relativi)|senza virgolette|resultaten voor|zonder aanhalingstekens"
    r"|показаны результаты|результаты по запросу|без кавычек",
    re.IGNORECASE,
)


class GooglePage:
    """A page and the parts of it that are read."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.text = _document(response)
        self.html = parsed(self.text)
        self.locale = language_of(self.html)
        found = self.html.xpath(_ALL_PARTS)
        self.parts = {attribute(part, "id"): part for part in reversed(found)}

    def shown(self, part: str) -> str:
        """The text of a part, without scripts and styles; "" if there is no such part."""
        return _shown(self.parts[part]) if part in self.parts else ""

    def has(self, *tags: str) -> bool:
        """Whether elements of these kinds are among the results."""
        search = self.parts.get("search")
        return search is not None and next(search.root.iter(*tags), None) is not None

    def is_of_web_results(self) -> bool:
        """Whether it is no page of images; web results come with a few of them too."""
        return self.has("h3") and not has(self.html, *_OF_IMAGES)

    def rewriting(self) -> str:
        """What it says where it answers another query than it was asked; "" if it does not."""
        above = [self.parts[part] for part in ("fprs", "topstuff") if part in self.parts]
        if "taw" in self.parts:
            above += self.parts["taw"].xpath(f"(.//p)[position() <= {_PARAGRAPHS}]")
        notices = map(_shown, above)
        return next((notice for notice in notices if _ANOTHER_QUERY.search(notice)), "")

    def none_found(self) -> str:
        """The notice that stands where results would be; "" if some are there, read or not."""
        return "" if self.has("h3", "img") else self.shown("topstuff")[:200]

    def nothing(self, expected: str) -> Refusal:
        """What it is if nothing could be read."""
        if has(self.html, *WALLS):
            return PageVerdict.BLOCKED, f"no {expected}, but a captcha or consent form"
        if notice := self.none_found():
            return PageVerdict.NO_RESULTS, notice
        if self.parts.keys() & {"search", "rso"} or has(self.html, _RESULTS_PAGE):
            # Not `strange`: the scripts of every result page know the address of the captcha.
            return PageVerdict.LAYOUT_UNKNOWN, f"no {expected} in a page of results"
        return strange(self.response, expected)


def _document(response: Response) -> str:
    """The HTML of an answer; some come as a string of JSON."""
    text = text_of(response)
    if not text[:100].lstrip().startswith("{"):
        return text
    _, begin, rest = unescaped(text).partition("<")
    return begin + rest


def _shown(element: Selector) -> str:
    return line("".join(element.xpath(_SHOWN).getall()))
