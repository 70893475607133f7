"""From hit counts to soft labels: what the counts say of each subject, and how surely.

    level     every series is moved to one scale; median over days, then over engines
    correct   half of each term's base rate is taken away: "car" is said of everything
    share     the softmax, so that the vector sums to one
    abstain   where the best two terms lie no further apart than engines disagree

Half, because without correction a rare term never wins, and with all of it a common one has to beat
the web's habit: which of the two is right depends on the web, and nobody knows it beforehand.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from postprocess.hits.levels import base_rates, by_engine, levels, logarithms, median
from postprocess.hits.noise import best_two, noise_of, stability_of
from postprocess.hits.series import Counts, Floats

TOO_FEW, WITHIN_NOISE = "too_few_counts", "within_noise"
REASONS = (TOO_FEW, WITHIN_NOISE)
"""Why a subject has no label."""


@dataclass(frozen=True)
class Formula:
    """The parameters; logarithms are natural."""

    correction: float = 0.5  # share of a term's base rate that is taken away: 0 none, 1 all
    fewest_subjects: int = 20  # of fewer, no base rate is known and nothing is taken away
    fewest_terms: float = 0.8  # share of the terms that must be counted for a label
    certainty: float = 1.64  # standard errors of the margin for a label: 95 % on one side
    default_noise: float = 0.5  # standard error of a margin, where one engine was asked once


@dataclass(frozen=True)
class Vectors:
    """What the counts say, one row per subject; NaN where there is nothing to say."""

    corrected: Floats  # subjects x terms: log counts on one scale, popularity left in
    shares: Floats  # subjects x terms, each row's sum 1
    best: NDArray[np.intp]  # the term with the largest share, -1 for none
    margin: Floats  # logarithm of the largest share over the second
    noise: Floats  # standard error of the margin
    stability: Floats  # share of the series that put the same term first, 0 to 1
    reasons: tuple[str, ...]  # "" or why there is no label

    def label(self, subject: int) -> int:
        """The index of the term; -1 where the formula abstains."""
        return -1 if self.reasons[subject] else int(self.best[subject])


def judge(counts: Counts, formula: Formula | None = None) -> Vectors:
    """What the counts say of each subject."""
    formula = formula or Formula()
    logs = logarithms(counts.values)
    levelled = logs - levels(logs)
    engines = by_engine(levelled, counts.series)
    combined = median(engines, 0)
    enough = len(counts.subjects) >= formula.fewest_subjects
    habit = formula.correction * base_rates(combined) if enough else np.zeros(combined.shape[1])
    corrected = combined - habit
    best, second, margin = best_two(corrected, counts.terms)
    witnesses = engines if len(engines) > 1 else levelled
    noise = noise_of(witnesses - habit, best, second, margin, formula.default_noise, len(engines))
    counted = np.count_nonzero(~np.isnan(corrected), axis=1)
    few = counted < max(2, formula.fewest_terms * corrected.shape[1])
    close = ~(margin > formula.certainty * noise)
    return Vectors(
        corrected,
        _softmax(corrected),
        best,
        margin,
        noise,
        stability_of(levelled - habit, best),
        tuple(TOO_FEW if f else WITHIN_NOISE if c else "" for f, c in zip(few, close, strict=True)),
    )


def _softmax(logs: Floats) -> Floats:
    """Over what is known of each row; all NaN where nothing is."""
    largest = np.where(np.isnan(logs), -np.inf, logs).max(axis=1, keepdims=True)
    weights = np.exp(logs - largest)
    shares: Floats = weights / np.nansum(weights, axis=1, keepdims=True)
    return shares
