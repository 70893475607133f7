"""Which part of one picture shows what all of another shows, if either was cropped a little."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from postprocess.signature import CHROMA_SIDE, LOOK_SIDE, THUMB_SIDE

_SIZES = (0.98, 0.965, 0.95, 0.93, 0.9)  # of a window, as shares of a side
_SPANS = [(0.0, 1.0)] + [
    (place * (1 - size), place * (1 - size) + size) for size in _SIZES for place in (0.0, 0.5, 1.0)
]
# Of a window: its rows' span and its columns'; all of the picture first, then 5 x 9 parts.
_WINDOWS = np.array(
    [(0, 0)]
    + [pair for n in range(len(_SIZES)) for pair in product(range(3 * n + 1, 3 * n + 4), repeat=2)]
)

Floats = npt.NDArray[np.float32]
_Spans = npt.NDArray[np.intp]


def normed(pictures: Floats) -> Floats:
    """Each of mean 0 and length 1, so that a product of two is a correlation: (..., side, side)."""
    centred = pictures - pictures.mean(axis=(-2, -1), keepdims=True)
    length = np.sqrt((centred * centred).sum(axis=(-2, -1), keepdims=True))
    return np.asarray(centred / np.maximum(length, 1e-3), np.float32)


def _samplers(side: int) -> Floats:
    """For each of `_SPANS` the matrix that stretches it over a side, between pixels linearly."""
    matrices = np.zeros((len(_SPANS), side, side), np.float32)
    for matrix, (low, high) in zip(matrices, _SPANS, strict=True):
        place = (low + (np.arange(side) + 0.5) / side * (high - low)) * side - 0.5
        place = place.clip(0, side - 1)
        pixel = np.minimum(place.astype(int), side - 2)
        matrix[np.arange(side), pixel] = 1 - (place - pixel)
        matrix[np.arange(side), pixel + 1] = place - pixel
    return matrices


_SAMPLERS = {side: _samplers(side) for side in (THUMB_SIDE, LOOK_SIDE, CHROMA_SIDE)}


def samplers(side: int) -> Floats:
    """For each span that a window can have the matrix that stretches it over a side; all first."""
    return _SAMPLERS[side]


@dataclass(frozen=True)
class Fit:
    """The window in which each pair fits best."""

    swapped: npt.NDArray[np.bool_]  # a window of the other one, with all of the one in it
    rows: _Spans
    columns: _Spans

    def of(self, pairs: _Spans) -> "Fit":
        """That of some of the pairs."""
        return Fit(self.swapped[pairs], self.rows[pairs], self.columns[pairs])

    def ordered(self, one: Floats, other: Floats) -> tuple[Floats, Floats]:
        """What is cut, then what is whole."""
        swapped = self.swapped.reshape(-1, *[1] * (one.ndim - 1))
        return np.where(swapped, other, one), np.where(swapped, one, other)

    def laid(self, one: Floats, other: Floats) -> tuple[Floats, Floats]:
        """Both as they lie over each other: (pairs, ..., side, side)."""
        cut, whole = self.ordered(one, other)
        side = one.shape[-1]
        rows, columns = (
            _SAMPLERS[side][spans].reshape(-1, *[1] * (one.ndim - 3), side, side)
            for spans in (self.rows, self.columns)
        )
        return np.asarray(rows @ cut @ columns.swapaxes(-2, -1), np.float32), whole


def best_fit(one: Floats, other: Floats) -> Fit:
    """Lay the thumbs of pairs over each other: (pairs, THUMB_SIDE, THUMB_SIDE) each."""
    one, other = normed(one), normed(other)
    fits = np.concatenate([_correlations(one, other), _correlations(other, one)], axis=1)
    best = fits.argmax(axis=1)
    rows, columns = _WINDOWS[best % len(_WINDOWS)].T
    fit = Fit(best >= len(_WINDOWS), rows, columns)
    # A frame is seldom left out to the pixel, and then one axis is cut more than the other.
    cut, whole = fit.ordered(one, other)
    matrices = _SAMPLERS[THUMB_SIDE]
    rows = _best_spans(cut @ matrices[columns].swapaxes(1, 2), whole)
    columns = _best_spans((matrices[rows] @ cut).swapaxes(1, 2), whole.swapaxes(1, 2))
    return Fit(fit.swapped, rows, columns)


def _correlations(cut: Floats, whole: Floats) -> Floats:
    """Of each window of the one with all of the other: (pairs, windows)."""
    matrices = _SAMPLERS[THUMB_SIDE]
    found = np.empty((len(cut), len(_WINDOWS)), np.float32)
    for span, matrix in enumerate(matrices):
        stretched = matrix @ cut
        for window in (_WINDOWS[:, 0] == span).nonzero()[0]:
            part = stretched @ matrices[_WINDOWS[window, 1]].T
            found[:, window] = _correlation(part, whole)
    return found


def _best_spans(cut: Floats, whole: Floats) -> _Spans:
    """Of each pair the rows of the one that are most like all rows of the other."""
    found = [_correlation(matrix @ cut, whole) for matrix in _SAMPLERS[THUMB_SIDE]]
    spans: _Spans = np.argmax(np.array(found), axis=0)
    return spans


def _correlation(part: Floats, whole: Floats) -> Floats:
    """Of each pair, the whole being normed: to norm the part, too, would take twice as long."""
    both, squares = (np.einsum("nij,nij->n", part, other) for other in (whole, part))
    spread = squares - part.sum(axis=(1, 2)) ** 2 / whole[0].size
    return np.asarray(both / np.sqrt(np.maximum(spread, 1e-6)), np.float32)
