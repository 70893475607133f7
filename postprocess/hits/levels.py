"""Brings the counts of engines that know webs of different sizes to one scale, and combines them.

All is done with natural logarithms, so a factor is a difference. NaN is a missing count and takes
part in nothing.
"""

import warnings
from collections.abc import Sequence

import numpy as np

from postprocess.hits.series import Floats, Series

_ROUNDS = 50  # of alternating medians at most; with no gaps, the first one is final
_SAME = 1e-12


def median(values: Floats, axis: int | tuple[int, ...], keepdims: bool = False) -> Floats:
    """The median of what is known; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        found: Floats = np.nanmedian(values, axis=axis, keepdims=keepdims)
    return found


def logarithms(values: Floats) -> Floats:
    """Of counts, series by subject by term; NaN for all of a series that only counted 0.

    A count of 0 has no logarithm: it becomes half of the least its series counted above 0, which
    says "fewer than it can show" on the scale of every engine.
    """
    least = np.where(values > 0, values, np.inf).min(axis=(1, 2), keepdims=True, initial=np.inf)
    floors = np.where(np.isfinite(least), least / 2, np.nan)
    return np.log(np.where(values == 0, floors, values))


def levels(logs: Floats) -> Floats:
    """How high each series counts, as an array of series x 1 x 1; 0 for one that is empty.

    Series are compared on the phrases that several counted: one that was only asked for popular
    subjects is no larger for it.
    """
    level = median(logs, (1, 2), keepdims=True)
    for _ in range(_ROUNDS):
        typical = median(logs - level, 0, keepdims=True)
        step = np.nan_to_num(median(logs - level - typical, (1, 2), keepdims=True))
        level = level + step
        if np.abs(step).max(initial=0) < _SAME:
            break
    return np.nan_to_num(level)


def by_engine(levelled: Floats, series: Sequence[Series]) -> Floats:
    """Engines x subjects x terms: the median over each engine's days and languages.

    A count without quotes stands in where none of the quoted ones is known. It asks something
    else (the words, however far apart), so it would add more noise than it takes away.
    """
    engines = sorted({one.engine for one in series})
    return np.stack([_of_engine(levelled, series, engine) for engine in engines])


def _of_engine(levelled: Floats, series: Sequence[Series], engine: str) -> Floats:
    quoted, unquoted = (
        levelled[[one.engine == engine and one.is_quoted == is_quoted for one in series]]
        for is_quoted in (True, False)
    )
    exact = median(quoted, 0) if len(quoted) else np.full(levelled.shape[1:], np.nan)
    if not len(unquoted):
        return exact
    return np.where(np.isnan(exact), median(unquoted, 0), exact)


def combined_counts(values: Floats, series: Sequence[Series]) -> Floats:
    """One count per subject and term, of the quoted phrases of all engines and days.

    Every series is brought to the median of their levels, then the median counts. The counts of a
    single series stay as they are.
    """
    quoted = [one.is_quoted for one in series]
    if not any(quoted):
        return np.full(values.shape[1:], np.nan)
    values, series = values[quoted], [one for one in series if one.is_quoted]
    logs = logarithms(values)
    level = levels(logs)
    middle = median(by_engine(logs - level, series), 0) + np.median(level)
    counts = np.round(np.exp(middle))
    return np.where(median(values, 0) == 0, 0, counts)


def base_rates(logs: Floats) -> Floats:
    """How common each term is with all subjects, in logarithms around 0: the term's median.

    Args:
        logs: subjects x terms.
    """
    rates = np.zeros(logs.shape[1])
    for _ in range(_ROUNDS):
        popularity = _mean(logs - rates)
        before, rates = rates, np.nan_to_num(median(logs - popularity, 0))
        rates = rates - rates.mean()
        if np.abs(rates - before).max(initial=0) < _SAME:
            break
    return rates


def _mean(rows: Floats) -> Floats:
    known = np.count_nonzero(~np.isnan(rows), axis=1, keepdims=True)
    total: Floats = np.nansum(rows, axis=1, keepdims=True)
    return total / np.maximum(known, 1)
