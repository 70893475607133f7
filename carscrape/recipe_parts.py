"""The parts of a recipe's TOML file: attribute lists, phrases, hit counts and the filter.

Standard library only.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

from carscrape.filters import check_filter
from carscrape.recipe_file import Section
from carscrape.recipe_table import Table

_SYNSET = re.compile(r"n\d{8}", re.ASCII)
COLOUR_NAMES = ("color", "colour")
_TABLE_NAME = re.compile(r"[^/\\]+\.csv")


@dataclass(frozen=True, slots=True)
class Subject:
    """What an image must be and show to be kept."""

    words: dict[str, tuple[str, ...]]  # word for people -> ImageNet synsets
    top_k: int  # the synset must be among this many best classes
    # and all of them together at least this probable; None: as the network is calibrated
    min_probability: float | None
    max_drawing: float | None  # of 1, how much like a drawing it may look; None: however much
    max_trailing: int | None  # bytes that may follow the end of the image; None: however many

    def synsets(self) -> frozenset[str]:
        """The synsets of all words."""
        return frozenset(synset for synsets in self.words.values() for synset in synsets)


@dataclass(frozen=True, slots=True)
class Hits:
    """What a web search is asked to count; empty where nothing is."""

    phrase: str = ""
    attributes: frozenset[str] = frozenset()  # those that the phrase names
    terms: tuple[str, ...] = ()
    unquoted: bool = False  # each phrase is also asked without its quotes


def read_table_name(top: Section) -> str:
    """The file of the table, beside the recipe so that both are copied together; "" for none."""
    if "table" not in top.values:
        return ""
    name = top.text("table")
    if not _TABLE_NAME.fullmatch(name):
        raise top.wrong("table", f"expected the name of a .csv beside the recipe, got {name!r}")
    return name


def read_lists(top: Section, table: Table) -> dict[str, tuple[str, ...]]:
    """The attributes that are crossed with the rows of the table."""
    section = top.section("attributes")
    for name in section.values:
        section.attribute(name, name)
        if name in table.columns:
            raise section.wrong(name, "is also a column of the table: keep one of the two")
    if not section.values and not table.columns:
        raise top.wrong("attributes", "expected at least one list of values, or a table")
    return {name: section.texts(name) for name in section.values}


def read_phrases(top: Section, attributes: Collection[str]) -> tuple[str, ...]:
    """Phrases that name every attribute.

    One that left out the colour would be asked once per colour, and each of the equal answers
    would be labelled with another colour.
    """
    phrases = top.texts("phrases")
    for phrase in phrases:
        names = top.phrase("phrases", phrase, attributes)
        for name in attributes:
            if name not in names:
                raise top.wrong("phrases", f"{phrase!r} must name every attribute, also {{{name}}}")
    return phrases


def read_filters(top: Section) -> dict[str, str]:
    """The section [search], which may be missing: what every search is narrowed to."""
    section = top.section("search")
    filters = {name: section.text(name) for name in section.values}
    for name, value in filters.items():
        try:
            check_filter(name, value)
        except ValueError as error:
            raise section.wrong(name, str(error)) from None
    return filters


def read_hits(top: Section, attributes: Collection[str]) -> Hits:
    """The section [hits], which may be missing."""
    if "hits" not in top.values:
        return Hits()
    section = top.section("hits")
    section.allow("phrase", "terms", "unquoted")
    phrase = section.text("phrase")
    names = section.phrase("phrase", phrase, [*attributes, "term"])
    if "term" not in names or len(names) < 2:
        raise section.wrong("phrase", f"{phrase!r} must name {{term}} and at least one attribute")
    attributes = frozenset(names - {"term"})
    return Hits(phrase, attributes, section.texts("terms"), section.switch("unquoted"))


def read_subject(top: Section) -> Subject:
    """The section [filter]."""
    section = top.section("filter")
    section.allow("top_k", "min_probability", "max_drawing", "max_trailing", "colour", "synsets")
    words = section.section("synsets")
    if not words.values:
        raise section.wrong("synsets", "expected at least one word with its ImageNet synsets")
    owner: dict[str, str] = {}
    for word in words.values:
        for synset in words.texts(words.clean(word, word)):
            if not _SYNSET.fullmatch(synset):
                raise words.wrong(word, f"{synset!r} is no synset: n and eight digits")
            if owner.setdefault(synset, word) != word:
                raise words.wrong(word, f"{synset} already belongs to {owner[synset]!r}")
    return Subject(
        {word: words.texts(word) for word in words.values},
        section.count("top_k"),
        section.optional("min_probability", section.probability),
        section.optional("max_drawing", section.probability),
        section.optional("max_trailing", partial(section.count, least=0)),
    )


def read_colour(top: Section, attributes: Collection[str]) -> str:
    """The attribute that is the colour of what is shown; "" where none is.

    It is one named color or colour, or the one that [filter] colour names; false for none.
    """
    section = top.section("filter")
    if section.values.get("colour") is False:
        return ""
    if "colour" not in section.values:
        return next((name for name in COLOUR_NAMES if name in attributes), "")
    name = section.text("colour")
    if name not in attributes:
        raise section.wrong("colour", f"{name!r} is none of {', '.join(attributes)}")
    return name
