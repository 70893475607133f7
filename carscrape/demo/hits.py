"""How many pages a web search claims to know for a phrase: numbers as noisy as real ones.

A phrase is a subject and a term ("ford mustang suv"). Pages name a subject together with its true
body type, and by chance with any other term. Chance follows the term's base rate; how strongly true
co-mentions follow it as well is drawn from the seed, anywhere from not at all to fully. An engine
errs in its own way, a little differently each day, and some claim a thousand times the web.
"""

import math
from dataclasses import dataclass
from functools import cache

from carscrape.demo.chance import generator, unit, whole
from carscrape.demo.words import TERMS, body_of, canonical

AMBIGUOUS = 0.12  # share of subjects whose name is also a common word
NOISE = 0.35  # standard deviation of a count's natural logarithm
DRIFT = 0.15  # the same of what a later day adds to it
SLIPS = 0.03  # share of counts that are off by a thousand
BOASTERS = 0.2  # share of engines whose every count is
MISSING = 0.05  # share of pages that show no count
FEWER = 0.05  # share of phrases that are claimed to be rarer without quotes than with them


@dataclass(frozen=True)
class Web:
    """The parameters of one simulated web."""

    seed: int
    dependence: float  # 0: true co-mentions ignore the base rates, 1: they follow them fully
    base: dict[str, float]  # term -> how common the word is, relative to "car"
    true_share: float  # of a subject's pages, how many name its body type
    chance_share: float  # how many name "car" by chance

    def pages(self, subject: str, term: str) -> float:
        """How many pages there really are."""
        popularity = self._popularity(subject)
        base = self.base.get(term) or 10 ** (-2 * unit(self.seed, "base", term))
        pages = popularity * self.chance_share * base * self._own("chance", subject, term)
        if term == body_of(self.seed, subject):
            share = self.true_share * base**self.dependence
            pages += popularity * share * self._own("true", subject, term)
        if _is_code(subject) or unit(self.seed, "ambiguous", subject) < AMBIGUOUS:
            pages += self._popularity(f"{subject} (word)") * base * self.chance_share * 10
        return pages

    def _popularity(self, subject: str) -> float:
        """Heavy tail: a few subjects have as many pages as all others together."""
        return 2e4 * generator(self.seed, "popularity", subject).paretovariate(0.8)

    def _own(self, *name: object) -> float:
        return generator(self.seed, *name).lognormvariate(0, 0.5)


def _is_code(subject: str) -> bool:
    """Whether the name is a number, or one or two letters: pages of all kinds hold those."""
    name = subject.rpartition(" ")[2]
    return name.isdecimal() or len(name) < 3


@cache
def web(seed: int) -> Web:
    """The simulated web of a seed."""
    chance = generator(seed, "web")
    base = {term: 10 ** chance.uniform(-1.5, -0.3) for term in TERMS}
    base["car"] = 1.0
    return Web(
        seed=seed,
        dependence=chance.uniform(0, 1),
        base=base,
        true_share=chance.uniform(0.1, 0.4),
        chance_share=chance.uniform(0.02, 0.15),
    )


def count(seed: int, phrase: str, engine: str = "demo", day: int = 0) -> int | None:
    """What an engine claims for a phrase, its last word being the term; None where it says nothing.

    Engines index different shares of the same web, and each errs in its own way.

    Args:
        day: how many days of counting came before.
    """
    phrase = canonical(phrase).casefold()
    subject, _, term = phrase.rpartition(" ")
    later = (day,) if day else ()
    if unit(seed, engine, "missing", phrase, *later) < MISSING:
        return None
    chance = generator(seed, engine, "count", subject, term)
    claimed = web(seed).pages(subject, term) * _scale(seed, engine)
    claimed *= chance.lognormvariate(0, NOISE)
    if later:
        chance = generator(seed, engine, "day", day, subject, term)
        claimed *= chance.lognormvariate(0, DRIFT)
    if chance.random() < SLIPS:
        claimed *= 1000 if chance.random() < 0.5 else 0.001
    return two_digits(claimed)


def _scale(seed: int, engine: str) -> float:
    """How large the web is that an engine claims to know."""
    scale: float = 10 ** (unit(seed, engine, "scale") * 2 - 1)
    return scale * 1000 if unit(seed, engine, "boasts") < BOASTERS else scale


def apart(seed: int, phrase: str, number: int) -> int:
    """What is claimed for the same words without quotes: many more pages hold them apart."""
    phrase = canonical(phrase).casefold()
    more = unit(seed, "apart", phrase)
    return two_digits(number * (more if unit(seed, "fewer", phrase) < FEWER else 2 + 30 * more))


def two_digits(number: float) -> int:
    """Rounded to two significant digits, as engines show their estimates; at least 1."""
    number = max(number, 1)
    step: int = 10 ** max(0, math.floor(math.log10(number)) - 1)
    return round(number / step) * step


def spelled(seed: int, phrase: str, number: int) -> str:
    """The number as the HTML of a result page writes it: in one of five ways."""
    grouped = f"{number:,}"
    first = 1 + whole(seed, "first", phrase) % 90
    forms = (
        f"{grouped} results",
        f"{grouped.replace(',', '.')} results",
        f"{grouped.replace(',', '&#160;')} results",
        f"About {grouped} results",
        f"{first}-{first + 9} of {grouped.replace(',', '&#160;')} results",
    )
    return forms[whole(seed, "form", phrase) % len(forms)]
