"""The hit counts of a store as a table: one row per subject, and what its counts say."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from carscrape.store import Store
from postprocess.hits.formula import TOO_FEW, Formula, Vectors, judge
from postprocess.hits.levels import combined_counts
from postprocess.hits.names import ambiguities
from postprocess.hits.series import Counts, Floats, HitsError, read_counts

__all__ = ["HitTable", "HitsError", "SubjectHits", "make_table", "read_hits"]


@dataclass(frozen=True)
class SubjectHits:
    """The counts of one subject; a term without a count is absent, never 0."""

    subject: dict[str, str]  # e.g. make and model
    counts: dict[str, int]  # term -> hits, all engines and days combined
    vector: dict[str, float] = field(default_factory=dict)  # term -> soft label; its sum is 1
    best: str = ""  # the term with the largest soft label
    reason: str = TOO_FEW  # "" or why there is no label
    margin: float | None = None  # natural logarithm of the best over the second
    noise: float | None = None  # the margin's standard error
    stability: float | None = None  # share of the series that put the same term first
    ambiguous: str = ""  # "" or why the name means more than the subject

    @property
    def label(self) -> str:
        """The best term; "" where there is a reason not to say."""
        return "" if self.reason else self.best

    @property
    def largest(self) -> str:
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
    phrases: int  # asked or to be asked, of all engines, days and quotings
    waiting: int  # of them not asked yet
    uncounted: int  # asked, but the answer showed no count
    days: int = 1

    @property
    def summary(self) -> str:
        """How much was counted, as one line."""
        unknown = self.waiting + self.uncounted
        days = f" on {self.days} days" if self.days > 1 else ""
        return (
            f"{self.phrases:,} phrases at {', '.join(self.engines)}{days}: "
            f"{self.phrases - unknown:,} counted, {self.uncounted:,} answered without a count, "
            f"{self.waiting:,} not asked yet"
        )


def read_hits(store: Store) -> HitTable:
    """The hit counts of a store and what they say.

    Raises:
        HitsError: nobody asked for hit counts.
        StoreError: a ledger cannot be read.
    """
    return make_table(read_counts(store))


def make_table(counts: Counts, formula: Formula | None = None) -> HitTable:
    """What counts say, with a formula or the one of the defaults."""
    vectors = judge(counts, formula)
    hits = combined_counts(counts.values, counts.series)
    why = ambiguities(counts.subjects)
    return HitTable(
        terms=counts.terms,
        rows=tuple(
            _row(counts, hits, vectors, why[place], place) for place in range(len(counts.subjects))
        ),
        engines=tuple(sorted({one.engine for one in counts.series})),
        phrases=counts.phrases,
        waiting=counts.waiting,
        uncounted=counts.uncounted,
        days=len({one.day for one in counts.series}),
    )


def _row(counts: Counts, hits: Floats, vectors: Vectors, ambiguous: str, place: int) -> SubjectHits:
    reason, best = vectors.reasons[place], vectors.best[place]
    shares = _named(counts.terms, vectors.shares[place])
    return SubjectHits(
        counts.subjects[place],
        {term: int(count) for term, count in _named(counts.terms, hits[place]).items()},
        vector={} if reason == TOO_FEW else shares,
        best="" if best < 0 else counts.terms[best],
        reason=reason,
        margin=_known(vectors.margin[place]),
        noise=_known(vectors.noise[place]),
        stability=_known(vectors.stability[place]),
        ambiguous=ambiguous,
    )


def _named(terms: Iterable[str], values: Floats) -> dict[str, float]:
    """Term -> value, without what is unknown."""
    named = zip(terms, values.tolist(), strict=True)
    return {term: value for term, value in named if not math.isnan(value)}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
