"""Every hit count of a store, as arrays: one layer per series, a row per subject, terms across."""

import json
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from carscrape import recipe
from carscrape.store import Store, StoreError

Floats = NDArray[np.float64]
_SERIES = ("engine", "asked_locale", "day", "is_quoted")  # of Series, in the ledger's words


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
    known = {row["subject"]: json.loads(row["subject"]) for row in rows}
    subjects = dict(sorted(known.items(), key=lambda item: [*item[1].values()]))
    terms = _terms(store, [row["term"] for row in rows])
    frame = pd.DataFrame([dict(row) for row in rows])
    frame["is_quoted"] = frame["phrase"].str.startswith('"')
    groups = frame.groupby([*_SERIES])
    places = pd.DataFrame(
        {
            "series": groups.ngroup(),
            "subject": pd.Categorical(frame["subject"], [*subjects]).codes,
            "term": pd.Categorical(frame["term"], [*terms]).codes,
        }
    )
    values = np.full((groups.ngroups, len(subjects), len(terms)), np.nan)
    counted = frame["count"].notna()
    values[tuple(places[counted].to_numpy().T)] = frame["count"][counted]
    return Counts(
        tuple(map(Series._make, groups[[*_SERIES]].first().to_numpy().tolist())),
        tuple(subjects.values()),
        terms,
        values,
        phrases=len(rows),
        waiting=sum(row["verdict"] is None for row in rows),
        uncounted=sum(row["verdict"] is not None and row["count"] is None for row in rows),
    )


def _terms(store: Store, seen: list[str]) -> tuple[str, ...]:
    """The recipe's terms in its order, then those that only the ledger knows."""
    known = recipe.load(str(store.recipe_path)).terms if store.recipe_path.exists() else ()
    return tuple(dict.fromkeys([*(term for term in known if term in set(seen)), *seen]))
