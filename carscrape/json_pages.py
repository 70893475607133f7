"""What engines that answer in JSON have in common: one way to read, and the parts it is made of."""

import json
from typing import Any, ClassVar
from urllib.parse import urljoin

from scrapy.http import Response

from carscrape.engines.base import Engine, HitPage, ResultPage
from carscrape.items import PageVerdict, Result
from carscrape.page_values import address
from carscrape.pages import MOST_RESULTS, Refusal, refusal, result_page, strange, text_of

_DIGITS = 18  # of a whole number: what a database can hold, and no collection has


class JsonEngine(Engine):
    """An engine that answers in JSON: it says where things lie and what one result is."""

    results_at: ClassVar[tuple[str, ...]] = ("results",)  # names, one inside the other
    hits_at: ClassVar[tuple[str, ...]] = ("results",)  # what shows that an answer has hits to count
    count_at: ClassVar[tuple[str, ...]] = ()

    def parse_images(self, response: Response) -> ResultPage:
        """Read an answer with images."""
        answer, refused = self._answer(response)
        if refused:
            return ResultPage(refused[0], detail=refused[1])
        rows = self.rows(answer)
        if rows is None:
            verdict, detail = strange(response, "list of results")
            return ResultPage(verdict, detail=detail)
        if not rows:
            return ResultPage(PageVerdict.NO_RESULTS, detail="an empty list")
        results = [self.result(row, response.url) for row in rows[:MOST_RESULTS]]
        return result_page(results, self.following(answer, response), self.remark(answer))

    def parse_hits(self, response: Response) -> HitPage:
        """Read the number that the answer names, which may be 0; a missing one is None."""
        answer, refused = self._answer(response)
        if refused:
            return HitPage(refused[0], detail=refused[1])
        if not isinstance(part(answer, *self.hits_at), list):
            verdict, detail = strange(response, "list of results")
            return HitPage(verdict, detail=detail)
        count = whole(part(answer, *self.count_at))
        if count is None:
            return HitPage(PageVerdict.RESULTS, detail="shows no count")
        return HitPage(PageVerdict.RESULTS, count, str(count))

    def _answer(self, response: Response) -> tuple[dict[str, Any], Refusal | None]:
        if refused := self.refused(response):
            return {}, refused
        answer = json_object(response)
        return answer, self.told(answer, response)

    # --- what a subclass may say

    def refused(self, response: Response) -> Refusal | None:
        """Why a response cannot be an answer, as its status and length show."""
        return refusal(response)

    def told(self, answer: dict[str, Any], response: Response) -> Refusal | None:
        """What the answer says for itself in place of results; None if it may hold some."""
        return None

    def rows(self, answer: dict[str, Any]) -> list[Any] | None:
        """The results as they are sent, in their order; None if it is no such answer."""
        found = part(answer, *self.results_at)
        return found if isinstance(found, list) else None

    def result(self, row: Any, base: str) -> Result | None:
        """One result, its URLs resolved against `base`; None if it names no image."""
        raise NotImplementedError(f"engine {self.name} finds no images")

    def following(self, answer: dict[str, Any], response: Response) -> str | None:
        """The cursor of the next page; None if this is the last."""
        return None

    def remark(self, answer: dict[str, Any]) -> str:
        """What is worth saying of an answer that has results."""
        return ""


def json_object(response: Response) -> dict[str, Any]:
    """The body as a JSON object; {} if it is something else."""
    try:
        body = json.loads(text_of(response))
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def part(value: Any, *names: str) -> Any:
    """What lies under these names, one inside the other; None if it is not there."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def whole(value: object) -> int | None:
    """A whole number, which comes as a number or as digits; None if it is neither."""
    text = str(value) if isinstance(value, int | str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def absolute(value: object, base: str) -> str:
    """A URL as it is, or resolved against the page's if it is relative; "" if it is no text."""
    given = address(value)
    if given.startswith(("http://", "https://")):
        return given
    try:
        return urljoin(base, given) if given else ""
    except ValueError:  # brackets that hold no address: the guard refuses it by its own rules
        return given
