"""Reads the TOML file of a recipe and says in one line what is wrong with it.

Standard library only.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from string import Formatter
from typing import Any, TypeVar

_Value = TypeVar("_Value")
_LINE_BREAKING = {"Cc", "Zl", "Zp"}  # Unicode categories of controls and line separators
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_RESERVED = {"term", "engine"}  # {term} of a hit phrase; the argument `engines`


class RecipeError(Exception):
    """A recipe that cannot be used; the text is one line: which file, which key, what to do."""


@dataclass(frozen=True)
class Section:
    """A table of the TOML file whose values are checked as they are taken."""

    source: str  # the file, for messages
    path: str  # "" or "filter." and the like
    values: dict[str, Any]

    def wrong(self, key: str, what: str) -> RecipeError:
        """The error that names this file and key."""
        return RecipeError(f"{self.source}: {self.path}{key}: {what}")

    def allow(self, *keys: str) -> None:
        """Refuse any key but these."""
        for key in self.values:
            if key not in keys:
                raise self.wrong(key, f"unknown key, expected one of {', '.join(keys)}")

    def take(self, key: str, kind: type | tuple[type, ...], expected: str) -> Any:
        """The value of a key that must be there and of that kind."""
        if key not in self.values:
            raise self.wrong(key, f"missing, expected {expected}")
        value = self.values[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.wrong(key, f"expected {expected}, got {value!r}")
        return value

    def section(self, key: str) -> "Section":
        """A sub-table; an empty one where there is none."""
        if key not in self.values:
            return Section(self.source, f"{self.path}{key}.", {})
        values = self.take(key, dict, f"a table [{self.path}{key}]")
        return Section(self.source, f"{self.path}{key}.", values)

    def text(self, key: str) -> str:
        """A string of at least one visible character."""
        return self.clean(key, self.take(key, str, "a string"))

    def clean(self, key: str, value: object) -> str:
        """A value without surrounding blanks; it must be one non-empty line of text."""
        if not isinstance(value, str):
            raise self.wrong(key, f"expected a string, got {value!r}")
        if any(unicodedata.category(char) in _LINE_BREAKING for char in value):
            raise self.wrong(key, f"{value!r} contains a control character")
        if not value.strip():
            raise self.wrong(key, "expected a value, got an empty string")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of at least one string, no two alike but for their case."""
        values = self.take(key, list, "a list of strings")
        if not values:
            raise self.wrong(key, "expected at least one value, got an empty list")
        cleaned = tuple(self.clean(key, value) for value in values)
        if (twice := first_repeat(cleaned)) is not None:
            raise self.wrong(key, f"{cleaned[twice]!r} is listed twice")
        return cleaned

    def count(self, key: str, least: int = 1) -> int:
        """A whole number of at least 1, or what `least` says."""
        expected = f"a whole number of at least {least}"
        value: int = self.take(key, int, expected)
        if value < least:
            raise self.wrong(key, f"expected {expected}, got {value}")
        return value

    def probability(self, key: str) -> float:
        """A number from 0 to 1."""
        value = self.take(key, (int, float), "a number from 0 to 1")
        if not 0 <= value <= 1:
            raise self.wrong(key, f"expected a number from 0 to 1, got {value}")
        return float(value)

    def optional(self, key: str, read: Callable[[str], _Value]) -> _Value | None:
        """What `read` makes of a key; None where it is not given."""
        return read(key) if key in self.values else None

    def switch(self, key: str) -> bool:
        """True or false; false where it is not given."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, f"expected true or false, got {value!r}")
        return value

    def attribute(self, key: str, name: str) -> str:
        """A name that can stand in a phrase and, with an s, as an argument of the crawl."""
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise self.wrong(
                key,
                f"{name!r} cannot name an attribute: use lower-case letters, digits and _, "
                f"and none of {', '.join(sorted(_RESERVED))}",
            )
        return name

    def phrase(self, key: str, phrase: str, known: Collection[str]) -> set[str]:
        """The names in braces of a phrase, all of which must be known."""
        try:
            fields = list(Formatter().parse(phrase))
        except ValueError as error:
            raise self.wrong(key, f"{phrase!r} has an unpaired brace ({error})") from error
        names = {name for _, name, _, _ in fields if name is not None}
        if any(spec or conversion for _, _, spec, conversion in fields):
            raise self.wrong(key, f"{phrase!r}: only plain names may stand in braces")
        if unknown := sorted(names.difference(known)):
            raise self.wrong(
                key, f"{phrase!r} names {unknown[0]!r}, which is none of {', '.join(known)}"
            )
        return names


def first_repeat(values: Iterable[str]) -> int | None:
    """The index of the first value that was there before, upper or lower case alike."""
    seen = set()
    for index, value in enumerate(values):
        if value.casefold() in seen:
            return index
        seen.add(value.casefold())
    return None


def read_bytes(folder: Traversable, name: str, source: str) -> bytes:
    """A file of a recipe, as it is.

    Raises:
        RecipeError: it is missing or cannot be read.
    """
    try:
        return folder.joinpath(name).read_bytes()
    except OSError as error:
        reason = error.strerror or "no such file"
        raise RecipeError(f"{source}: cannot read {name}: {reason}") from error


def parse_toml(content: bytes, source: str) -> Section:
    """The top of a TOML file.

    Raises:
        RecipeError: it is not TOML, with the line.
    """
    try:
        return Section(source, "", tomllib.loads(content.decode("utf-8-sig")))
    except RecursionError as error:
        raise RecipeError(f"{source}: not valid TOML: nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError and too long integers
        raise RecipeError(f"{source}: not valid TOML: {error}") from error
