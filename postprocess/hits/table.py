"""The hit counts of a store as a table: one row per subject, its counts of all engines combined."""

import json
import math
from dataclasses import dataclass
from statistics import median_low

import pandas as pd

from carscrape import recipe
from carscrape.store import Store, StoreError

Phrase = tuple[str, str]  # the subject as the ledger writes it, and the term


class HitsError(StoreError):
    """A store without hit counts; the text says how to get them."""


@dataclass(frozen=True)
class SubjectHits:
    """The counts of one subject; a term without a count is absent, never 0."""

    subject: dict[str, str]  # e.g. make and model
    counts: dict[str, int]  # term -> hits

    @property
    def label(self) -> str:
        """The term with the largest count; "" where there is none, or two share it."""
        largest = max(self.counts.values(), default=0)
        winners = [term for term, count in self.counts.items() if count == largest]
        return winners[0] if largest and len(winners) == 1 else ""

    @property
    def shares(self) -> dict[str, float]:
        """The counts divided by their sum; {} where nothing was counted above 0."""
        total = sum(self.counts.values())
        return {term: count / total for term, count in self.counts.items()} if total else {}


@dataclass(frozen=True)
class HitTable:
    """Every subject's counts, sorted by subject, and what is not in them."""

    terms: tuple[str, ...]  # in the recipe's order
    rows: tuple[SubjectHits, ...]
    engines: tuple[str, ...]
    phrases: int  # asked or to be asked, of all engines
    waiting: int  # of them not asked yet
    uncounted: int  # asked, but the answer showed no count

    @property
    def summary(self) -> str:
        """How much was counted, as one line."""
        unknown = self.waiting + self.uncounted
        return (
            f"{self.phrases:,} phrases at {', '.join(self.engines)}: "
            f"{self.phrases - unknown:,} counted, {self.uncounted:,} answered without a count, "
            f"{self.waiting:,} not asked yet"
        )


def read_hits(store: Store) -> HitTable:
    """The hit counts of a store, the engines combined.

    Raises:
        HitsError: nobody asked for hit counts.
        StoreError: a ledger cannot be read.
    """
    # Phrases asked without their quotes find other pages, and are kept apart in the ledger.
    quoted = "select * from hit where phrase like '\"%' order by id"
    rows = list(store.rows(quoted))
    if not rows:
        raise HitsError(
            f"no hit counts in {store.root}: run scrapy crawl hitcounts -s STORE={store.root}"
        )
    counted = [row for row in rows if row["count"] is not None]
    columns = ["engine", "subject", "term", "count"]
    frame = pd.DataFrame([[row[name] for name in columns] for row in counted], columns=columns)
    combined = combine(frame)
    terms = _terms(store, [row["term"] for row in rows])
    subjects = {row["subject"]: json.loads(row["subject"]) for row in rows}
    return HitTable(
        terms=terms,
        rows=tuple(
            SubjectHits(
                values, {term: combined[key, term] for term in terms if (key, term) in combined}
            )
            for key, values in sorted(subjects.items(), key=lambda item: [*item[1].values()])
        ),
        engines=tuple(sorted({row["engine"] for row in rows})),
        phrases=len(rows),
        waiting=sum(row["verdict"] is None for row in rows),
        uncounted=sum(row["verdict"] is not None and row["count"] is None for row in rows),
    )


def _terms(store: Store, seen: list[str]) -> tuple[str, ...]:
    """The recipe's terms in its order, then those that only the ledger knows."""
    known = recipe.load(str(store.recipe_path)).terms if store.recipe_path.exists() else ()
    return tuple(dict.fromkeys([*(term for term in known if term in set(seen)), *seen]))


def combine(counts: pd.DataFrame) -> dict[Phrase, int]:
    """One count per phrase from the counts of several engines and days.

    Engines know webs of different sizes, so each is brought to one scale first: its median log
    count is moved to the median of these medians. Then the median of the logs counts. With one
    engine that is its own count, unchanged.

    Args:
        counts: one row per counted phrase, with columns engine, subject, term and count.
    """
    phrases = [counts["subject"], counts["term"]]
    if counts["engine"].nunique() <= 1:
        combined = counts["count"].groupby(phrases).agg(median_low)
    else:
        logs = counts["count"].astype(float).apply(math.log1p)
        scale = logs.groupby(counts["engine"]).median()
        levelled = logs - counts["engine"].map(scale) + scale.median()
        combined = levelled.groupby(phrases).median().apply(math.expm1).round().clip(lower=0)
    return dict(zip(combined.index.tolist(), combined.astype("int64").tolist(), strict=True))
