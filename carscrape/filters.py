"""What a search may be narrowed to: filters of a recipe's [search], and arguments of a crawl.

Each engine says which it has, and what it calls their values (`Engine.filters`).
Standard library only.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        # any: some Creative Commons licence or public domain; share: may be passed on;
        # commercial: passed on for money too; public: public domain, or given up by CC0.
        "licence": ("any", "share", "commercial", "public"),
        "size": ("small", "medium", "large", "huge"),
        "type": ("photo", "clipart", "drawing", "transparent", "animated"),
        "colour": (
            *("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"),
            *("white", "gray", "black", "brown", "color", "monochrome"),
        ),
        "safe": ("off", "moderate", "strict"),
    }
)
"""Filters with a closed list of values."""

CODES: Mapping[str, tuple[re.Pattern[str], str]] = MappingProxyType(
    {
        "language": (re.compile("[a-z]{2}"), "two small letters, as in de"),
        "market": (re.compile("[A-Z]{2}"), "a country's two capital letters, as in US"),
    }
)
"""Filters whose value is a code: ISO 639-1 and ISO 3166-1."""

FILTERS = (*CHOICES, *CODES)

Filters = Mapping[str, str]
"""Filter -> value, both as above."""

NO_FILTERS: Filters = MappingProxyType({})


def check_filter(name: str, value: str) -> None:
    """Check one filter.

    Raises:
        ValueError: the text says what was expected.
    """
    if name in CHOICES and value not in CHOICES[name]:
        raise ValueError(f"expected one of {', '.join(CHOICES[name])}, got {value!r}")
    if name in CODES and not CODES[name][0].fullmatch(value):
        raise ValueError(f"expected {CODES[name][1]}, got {value!r}")
    if name not in FILTERS:
        raise ValueError(f"there is no such filter; there are {', '.join(FILTERS)}")


def filters_of(locale: str) -> Filters:
    """The language and market that `locale_of` made the text from."""
    parts = [part for part in locale.split("-") if part]
    return {"language" if part.islower() else "market": part for part in parts}


def locale_of(filters: Filters) -> str:
    """The language and market that are asked for, as in "de-AT"; "" where neither is."""
    return "-".join(filters[name] for name in CODES if name in filters)
