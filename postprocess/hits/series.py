"""Every hit count of a store, as arrays: one layer per series, a row per subject, terms across."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from carscrape import recipe
from carscrape.store import Store, StoreError

Floats = NDArray[np.float64]


class HitsError(StoreError):
    """A store without hit counts; the text says how to get them."""


class Series(NamedTuple):
    """What was counted in one go: one engine, in one language, on one day, quoted or not."""

    engine: str
    locale: str
    day: str
    is_quoted: bool


@dataclass(frozen=True)
class Counts:
    """Every count of a store."""

    series: tuple[Series, ...]
    subjects: tuple[dict[str, str], ...]  # sorted
    terms: tuple[str, ...]  # in the recipe's order
    values: Floats  # series x subjects x terms; NaN where nothing was counted, never 0
    phrases: int = 0  # asked or to be asked, in all series
    waiting: int = 0  # of them not asked yet
    uncounted: int = 0  # asked, but the answer showed no count


def read_counts(store: Store) -> Counts:
    """The hit counts of a store.

    Raises:
        HitsError: nobody asked for hit counts.
        StoreError: a ledger cannot be read.
    """
    rows = list(store.rows("select * from hit order by id"))
    if not rows:
        raise HitsError(
            f"no hit counts in {store.root}: run scrapy crawl hitcounts -s STORE={store.root}"
        )
    series = tuple(sorted({_series(row) for row in rows}))
    known = {row["subject"]: json.loads(row["subject"]) for row in rows}
    subjects = dict(sorted(known.items(), key=lambda item: [*item[1].values()]))
    terms = _terms(store, [row["term"] for row in rows])
    values = np.full((len(series), len(subjects), len(terms)), np.nan)
    layer, line, column = (_places(names) for names in (series, subjects, terms))
    for row in rows:
        if row["count"] is not None:
            values[layer[_series(row)], line[row["subject"]], column[row["term"]]] = row["count"]
    return Counts(
        series,
        tuple(subjects.values()),
        terms,
        values,
        phrases=len(rows),
        waiting=sum(row["verdict"] is None for row in rows),
        uncounted=sum(row["verdict"] is not None and row["count"] is None for row in rows),
    )


def _series(row: Any) -> Series:
    is_quoted = row["phrase"].startswith('"')
    return Series(row["engine"], row["asked_locale"], row["day"], is_quoted)


def _places(names: Any) -> dict[Any, int]:
    return {name: place for place, name in enumerate(names)}


def _terms(store: Store, seen: list[str]) -> tuple[str, ...]:
    """The recipe's terms in its order, then those that only the ledger knows."""
    known = recipe.load(str(store.recipe_path)).terms if store.recipe_path.exists() else ()
    return tuple(dict.fromkeys([*(term for term in known if term in set(seen)), *seen]))
