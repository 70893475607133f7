"""What a query means to the demo web: a colour, a subject, the body type of that subject."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import quote, unquote

from carscrape.demo.chance import by_share
from carscrape.demo.pictures import COLORS

BODY_SHARES = {"suv": 0.21, "truck": 0.11, "van": 0.11}
"""How common body types are among models nobody knows; what is left are cars."""

TERMS = ("car", *BODY_SHARES)


@dataclass(frozen=True)
class Meaning:
    """A query taken apart; what is not said is "". The subject keeps its upper-case letters."""

    color: str
    subject: str
    term: str


def canonical(query: str) -> str:
    """The query without quotes and superfluous blanks: what decides its answer."""
    return " ".join(query.replace('"', " ").replace("_", " ").split())


def slug(query: str) -> str:
    """A canonical query as one segment of a URL."""
    return quote(query.replace(" ", "_"), safe="")


def query_of(slug: str) -> str:
    """The canonical query that a segment of a URL was made from."""
    return unquote(slug).replace("_", " ")


def meaning(query: str) -> Meaning:
    """The first colour and the last body type that a canonical query names, and the rest."""
    words = query.split()
    color = next((word for word in words if word.casefold() in COLORS), "")
    if color:
        words.remove(color)
    term = words.pop().casefold() if words and words[-1].casefold() in TERMS else ""
    return Meaning(color.casefold(), " ".join(words), term)


def body_of(seed: int, subject: str) -> str:
    """The true body type of a subject: one of "car", "suv", "truck" and "van".

    Real models have their real one, so that what is drawn and counted looks right to people.
    """
    known = _known_bodies().get(subject.casefold())
    return known or by_share(BODY_SHARES, "car", seed, "body", subject.casefold())


@cache
def _known_bodies() -> dict[str, str]:
    text = resources.files("carscrape.demo").joinpath("bodies.csv").read_text(encoding="utf-8")
    return {row["subject"].casefold(): row["body"] for row in csv.DictReader(text.splitlines())}
