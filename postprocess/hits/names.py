"""Names that mean more than the subject: the web counts pages about something else with them."""

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

REASONS = ("prefix", "number", "letters", "word")
"""It begins a longer name; it is a number; single letters and digits; common English words."""

_PART = re.compile(r"[^\W\d_]+|\d+")  # letters or digits, so that "X1/9" is x, 1 and 9


def ambiguities(subjects: Sequence[dict[str, str]]) -> list[str]:
    """For each subject "" or the first of `REASONS` that holds.

    Its name is its last attribute: "mustang" of make ford and model mustang.
    """
    whole = [_words(" ".join(subject.values())) for subject in subjects]
    begun = {words[:end] for words in whole for end in range(1, len(words))}
    names = [list(subject.values())[-1] if subject else "" for subject in subjects]
    return [
        "prefix" if words in begun else _why(_PART.findall(name.casefold()))
        for words, name in zip(whole, names, strict=True)
    ]


def _words(text: str) -> tuple[str, ...]:
    """As a search engine cuts a text: "S-Class" is two, "rio5" is one."""
    return tuple(re.findall(r"\w+", text.casefold()))


def _why(parts: list[str]) -> str:
    longer = [part for part in parts if not part.isdecimal() and len(part) > 1]
    if longer or not parts:
        is_common = bool(longer) and _common_words().issuperset(longer)
        return "word" if is_common else ""
    return "number" if all(part.isdecimal() for part in parts) else "letters"


@cache
def _common_words() -> frozenset[str]:
    text = resources.files("postprocess.hits").joinpath("common_words.csv").read_text("utf-8")
    return frozenset(row["word"] for row in csv.DictReader(text.splitlines()))
