"""A recipe: which images to ask for, as lists of attributes crossed with each other.

Every combination of the lists' values and the table's rows, put into a phrase, is one query. The
order of the names in a phrase decides nothing: attributes always stand in the order of the lists,
then the table's columns, so that a label reads "red Ford Mustang". Standard library only.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import product
from pathlib import Path
from types import MappingProxyType

from carscrape.filters import Filters
from carscrape.recipe_file import RecipeError, parse_toml, read_bytes
from carscrape.recipe_parts import (
    Hits,
    Subject,
    read_colour,
    read_filters,
    read_hits,
    read_lists,
    read_phrases,
    read_subject,
    read_table_name,
)
from carscrape.recipe_query import Phrase, Query, shard_of
from carscrape.recipe_table import Table, parse_table
from carscrape.store import StoreError

__all__ = ["Phrase", "Query", "Recipe", "RecipeError", "Subject", "load", "shard_of"]

FILE_NAME = "recipe.toml"
_EVERYTHING: Mapping[str, Collection[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Recipe:
    """A checked recipe; two are equal if they ask and keep the same."""

    name: str
    per_query: int  # images wanted per query and engine
    engines: tuple[str, ...]
    phrases: tuple[str, ...]
    lists: dict[str, tuple[str, ...]]
    table: Table
    filters: dict[str, str]  # what every search is narrowed to
    hits: Hits
    subject: Subject
    colour: str  # the attribute that is one; "" for none
    source: str = field(compare=False)  # the file, for messages
    # As they were read, by name. The recipe last: where it is, the tables it names are too.
    files: dict[str, bytes] = field(compare=False, repr=False)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes, in the order of a label."""
        return (*self.lists, *self.table.columns)

    @property
    def terms(self) -> tuple[str, ...]:
        """The words whose hits are counted with every subject."""
        return self.hits.terms

    def queries(
        self,
        only: Mapping[str, Collection[str]] = _EVERYTHING,
        filters: Filters | None = None,
    ) -> Iterator[Query]:
        """Every combination in every phrase, lazily, row by row of the table.

        Args:
            only: attribute -> the values wanted, upper or lower case alike.
            filters: in the place of the recipe's own.

        Raises:
            RecipeError: `only` names an attribute or value that is not there.
        """
        combinations = self._narrowed(only)._combinations(self.attributes)
        return (
            Query.of(text, attributes, self.filters if filters is None else filters)
            for attributes in combinations
            for text in dict.fromkeys(phrase.format(**attributes) for phrase in self.phrases)
        )

    def hit_phrases(self, only: Mapping[str, Collection[str]] = _EVERYTHING) -> Iterator[Phrase]:
        """Every distinct subject with every term, lazily; none where no hits are counted.

        Raises:
            RecipeError: `only` names an attribute or value that is not there.
        """
        subjects = self._narrowed(only)._combinations(self.hits.attributes)
        quotings = (True, False) if self.hits.unquoted else (True,)
        return (
            Phrase.of(self.hits.phrase, subject, term, is_quoted)
            for subject in subjects
            for term in self.hits.terms
            for is_quoted in quotings
        )

    def save(self, folder: Path) -> None:
        """Write the files of the recipe as they were read; `load(folder/recipe.toml)` is equal.

        Raises:
            StoreError: the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in self.files.items():
                aside = folder / f".{name}.{os.getpid()}"
                aside.write_bytes(content)
                aside.replace(folder / name)
        except OSError as error:
            raise StoreError(f"cannot write the recipe to {folder}: {error.strerror}") from error

    def _combinations(self, names: Collection[str]) -> Iterator[dict[str, str]]:
        lists = {name: values for name, values in self.lists.items() if name in names}
        table = self.table.distinct(names)
        for row in table.rows:
            for values in product(*lists.values()):
                yield dict(zip((*lists, *table.columns), (*values, *row), strict=True))

    def _narrowed(self, only: Mapping[str, Collection[str]]) -> "Recipe":
        wanted = {name: self._wanted(name, values) for name, values in only.items()}
        lists = {name: wanted.get(name, values) for name, values in self.lists.items()}
        table = self.table.where(wanted)
        if not table.rows or () in lists.values():
            chosen = " and ".join(f"{name} {', '.join(values)}" for name, values in wanted.items())
            raise RecipeError(f"{self.source}: no combination has {chosen}")
        return replace(self, lists=lists, table=table)

    def _wanted(self, name: str, values: Collection[str]) -> tuple[str, ...]:
        """The values of an attribute that are asked for, as the recipe spells them."""
        if name not in self.attributes:
            raise RecipeError(
                f"{self.source}: no attribute {name!r}, only {', '.join(self.attributes)}"
            )
        known = self.lists.get(name) or self.table.values(name)
        spelled = {value.casefold(): value for value in known}
        asked = {value.strip().casefold() for value in values}
        for value in sorted(asked.difference(spelled)):
            near = get_close_matches(value, spelled, n=3, cutoff=0.5) or list(spelled)[:5]
            hint = ", ".join(spelled[match] for match in near)
            raise RecipeError(f"{self.source}: no {name} {value!r}; the nearest are: {hint}")
        return tuple(value for value in known if value.casefold() in asked)


def load(name_or_path: str | os.PathLike[str]) -> Recipe:
    """A shipped recipe by its name ("cars"), or one of your own by the path of its .toml.

    Raises:
        RecipeError: there is none, or it is wrong; one line that names file and key.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return _read(path.parent, path.name, str(path))
    shipped = resources.files("carscrape.recipes")
    names = sorted(
        entry.name.removesuffix(".toml")
        for entry in shipped.iterdir()
        if entry.name.endswith(".toml")
    )
    if str(name_or_path) not in names:
        raise RecipeError(
            f"no recipe {str(name_or_path)!r}: use {', '.join(names)}, or a path ending in .toml"
        )
    return _read(shipped, f"{name_or_path}.toml", f"{name_or_path}.toml")


def _read(folder: Traversable, name: str, source: str) -> Recipe:
    content = read_bytes(folder, name, source)
    top = parse_toml(content, source)
    top.allow(
        "name", "per_query", "engines", "phrases", "table", "attributes", "search", "hits", "filter"
    )
    files, table = {}, Table()
    if table_name := read_table_name(top):
        files[table_name] = read_bytes(folder, table_name, source)
        table = parse_table(files[table_name], table_name)
    lists = read_lists(top, table)
    attributes = (*lists, *table.columns)
    return Recipe(
        name=top.text("name"),
        per_query=top.count("per_query"),
        engines=top.texts("engines"),
        phrases=read_phrases(top, attributes),
        lists=lists,
        table=table,
        filters=read_filters(top),
        hits=read_hits(top, attributes),
        subject=read_subject(top),
        colour=read_colour(top, attributes),
        source=source,
        files={**files, FILE_NAME: content},
    )
