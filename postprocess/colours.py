"""The names of colours: which are one, which border on each other, and whether two agree."""

from collections.abc import Collection
from typing import Literal

Agreement = Literal["keep", "reject", "abstain"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "black": ("schwarz", "noir", "negro", "jet black"),
    "gray": ("grey", "charcoal", "gunmetal", "anthracite", "graphite", "slate"),
    "silver": ("platinum", "aluminium", "aluminum", "chrome"),
    "white": ("ivory", "pearl", "off-white", "snow"),
    "beige": ("cream", "champagne", "tan", "sand", "gold", "golden"),
    "brown": ("bronze", "copper", "chocolate", "mocha", "coffee"),
    "red": ("maroon", "burgundy", "crimson", "scarlet", "wine"),
    "orange": ("amber", "tangerine"),
    "yellow": ("lemon",),
    "green": ("olive", "lime", "emerald", "mint"),
    "blue": ("navy", "azure", "teal", "turquoise", "cyan", "aqua"),
    "purple": ("violet", "lilac", "plum"),
    "pink": ("magenta", "rose", "fuchsia"),
}
"""What a picture can be seen to show, and the other names of each."""

BETWEEN_BLACK_AND_WHITE = frozenset({"gray", "silver", "white", "beige"})
"""One paint in another light: of these none speaks against another."""

NEIGHBOURS: dict[str, frozenset[str]] = {
    "red": frozenset({"orange", "pink", "brown"}),
    "orange": frozenset({"red", "yellow", "brown", "beige"}),
    "yellow": frozenset({"orange", "green", "beige"}),
    "green": frozenset({"yellow", "blue"}),
    "blue": frozenset({"green", "purple"}),
    "purple": frozenset({"blue", "pink"}),
    "pink": frozenset({"red", "purple"}),
    "brown": frozenset({"red", "orange", "beige", "gray", "black"}),
    "beige": frozenset({"brown", "yellow", *BETWEEN_BLACK_AND_WHITE}),
}
"""Hues that eyes, lamps and sellers take for one another."""

_FAMILY = {name: family for family, others in FAMILIES.items() for name in (family, *others)}


def family(name: str) -> str | None:
    """The family of a colour; None where it is no name of a colour that is known here.

    Of several words the last known one counts: "dark blue", "pearl white".
    """
    text = name.casefold().strip()
    words = [text, *reversed(text.replace("-", " ").split())]
    return next((_FAMILY[word] for word in words if word in _FAMILY), None)


def agrees(asked: str | None, seen: str | None, possible: Collection[str] | None) -> Agreement:
    """Whether the colour asked for is the one that was seen, cannot be it, or may be.

    Args:
        asked: as a recipe writes it; None where no colour was asked for.
        seen: a family; None where nobody looked.
        possible: the families that what was seen does not exclude.
    """
    wanted = family(asked) if asked else None
    if wanted is None or seen is None:
        return "abstain"
    if wanted == seen:
        return "keep"
    return "abstain" if wanted in (possible or ()) else "reject"
