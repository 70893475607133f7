"""How far apart the best two terms of a subject lie, and how far they lie apart by mere noise."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from postprocess.hits.levels import median
from postprocess.hits.series import Floats

Places = NDArray[np.intp]

_NORMAL = 1.4826  # standard deviations in a median distance from the middle, of normal errors
_DIGITS = 9  # of logarithms; what differs by less is equal
_FEWEST = 30  # phrases counted twice, below which nothing is known about the noise


def best_two(logs: Floats, terms: Sequence[str]) -> tuple[Places, Places, Floats]:
    """Of each row the places of the largest and the second largest, and their difference.

    Places are -1, and the difference is NaN, where there are none. Equals stand by their names.
    """
    known = np.where(np.isnan(logs), -np.inf, logs)
    ranks = np.argsort(np.argsort(np.array(terms)))
    order = np.lexsort((np.broadcast_to(ranks, logs.shape), -known.round(_DIGITS)), axis=1)
    best, second = order[:, 0], order[:, min(1, logs.shape[1] - 1)]
    count = np.count_nonzero(~np.isnan(logs), axis=1)
    rows = np.arange(len(logs))
    margin = np.where(count > 1, logs[rows, best] - logs[rows, second], np.nan)
    return np.where(count > 0, best, -1), np.where(count > 1, second, -1), margin


def noise_of(
    witnesses: Floats, best: Places, second: Places, margin: Floats, default: float, engines: int
) -> Floats:
    """The standard error of each margin.

    What witnesses disagree about in general, or about this subject if that is more, divided by the
    root of how many engines counted both terms: an engine that is asked ten times is still one.
    With one engine it is at least `default`, because an engine agrees with itself when it is wrong.

    Args:
        witnesses: log counts of every engine, or of every series where there is one engine.
    """
    rows = np.arange(len(margin))
    theirs = witnesses[:, rows, best] - witnesses[:, rows, second]
    own = _NORMAL * np.nan_to_num(median(np.abs(theirs - margin), 0))
    usual = _disagreement(witnesses, default)
    one = np.maximum(own, usual if engines > 1 else max(usual, default))
    counted = np.count_nonzero(~np.isnan(theirs), axis=0) if engines > 1 else np.ones(len(rows))
    return np.where(np.isnan(margin), np.nan, one / np.sqrt(np.maximum(counted, 1)))


def _disagreement(witnesses: Floats, default: float) -> float:
    """The standard deviation of one witness's margin; two differ by that about one phrase."""
    apart = [np.abs(one - other).ravel() for one, other in combinations(witnesses, 2)]
    known = np.concatenate(apart) if apart else np.empty(0)
    known = known[~np.isnan(known)]
    return _NORMAL * float(np.median(known)) if len(known) >= _FEWEST else default


def stability_of(series: Floats, best: Places) -> Floats:
    """Which share of the series puts the same term first, of those that counted it and another.

    NaN where fewer than two can tell.
    """
    known = ~np.isnan(series)
    rows = np.arange(len(best))
    can_tell = known[:, rows, best] & (np.count_nonzero(known, axis=2) > 1)
    largest = np.where(known, series, -np.inf).max(axis=2)
    same = series[:, rows, best] > largest - 10.0**-_DIGITS
    votes = np.count_nonzero(can_tell, axis=0)
    agreeing = np.count_nonzero(can_tell & same, axis=0)
    return np.where(votes > 1, agreeing / np.maximum(votes, 1), np.nan)
