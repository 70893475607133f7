"""Which pairs of pictures can be of one colour at all, however the one is cut to fit the other.

`likeness` looks for the window that fits best, which takes long, and then refuses most pairs of a
crowd for their colours. What the cells of a picture can be in any of its windows is reckoned once
for each picture; pairs that stay apart wherever they are cut need no window.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from postprocess.likeness import (
    CELLS,
    DARKEST,
    GREY_SHARE,
    MOST_COLOUR,
    chroma,
    least_likeness,
    thumbs,
)
from postprocess.signature import CHROMA_SIDE, THUMB_SIDE
from postprocess.windows import Floats, samplers

_AT_ONCE = 256  # pictures or pairs reckoned with together: they fit a cache
_ZERO = 128  # what no colour is stored as

_Rows = npt.NDArray[np.int64]
_Factors = npt.NDArray[np.floating[Any]]
_Bounds = tuple[Floats, Floats]  # least and most: (pairs, planes, cells) each


class ColourBounds:
    """Bounds of the cells of pictures as they are and in all windows; 192 bytes a picture."""

    def __init__(self, number: int, take: Callable[[_Rows], pa.Table]) -> None:
        """Know nothing yet of so many pictures; `take` has columns `thumb` and `chroma` of some."""
        self._take = take
        self._known = np.zeros(number, bool)
        # Of each: as it is, in all windows; least, most; planes; cells.
        self._bounds = np.zeros((number, 2, 2, 3, CELLS**2), np.uint8)

    def may_match(self, one: _Rows, other: _Rows) -> npt.NDArray[np.bool_]:
        """Of each pair, whether `likeness` could find a window in which colours are alike."""
        self._learn(np.union1d(one, other))
        found = np.empty(len(one), bool)
        for start in range(0, len(one), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            found[some] = self._may_match(one[some], other[some])
        return found

    def _may_match(self, one: _Rows, other: _Rows) -> npt.NDArray[np.bool_]:
        sides = [self._bounds[rows].astype(np.float32) for rows in (one, other)]
        for side in sides:
            side[:, :, :, 1:] -= _ZERO
        (one_is, one_cut), (other_is, other_cut) = (
            [(side[:, way, 0], side[:, way, 1]) for way in range(2)] for side in sides
        )
        return _may_be_one(one_cut, other_is) | _may_be_one(other_cut, one_is)

    def _learn(self, rows: _Rows) -> None:
        new = rows[~self._known[rows]]
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            table = self._take(some)
            grey, colours = thumbs(table)[:, np.newaxis], chroma(table) + _ZERO
            planes = [_cells(grey, _GREY), _cells(colours, _COLOUR)]
            least, most = (np.concatenate(bounds, axis=2) for bounds in zip(*planes, strict=True))
            self._bounds[some] = np.stack([np.floor(least), np.ceil(most)], axis=2)
        self._known[new] = True


def _cell_samplers(side: int) -> Floats:
    """The means over the cells of each span: (spans, cells of a side, side)."""
    matrices = samplers(side)
    means: Floats = matrices.reshape(len(matrices), CELLS, side // CELLS, side).mean(axis=2)
    return means


_GREY, _COLOUR = _cell_samplers(THUMB_SIDE), _cell_samplers(CHROMA_SIDE)


def _cells(planes: Floats, matrices: Floats) -> _Bounds:
    """Least and most of the cells as they are and in any window: (rows, 2, planes, cells) each."""
    rows, number, _, side = planes.shape
    flat = matrices.reshape(-1, side)
    found = (flat @ planes @ flat.T).reshape(rows, number, len(matrices), CELLS, -1, CELLS)
    whole = found[:, :, 0, :, 0]
    least, most = (
        np.stack([whole, extreme(found, axis=(2, 4))], axis=1).reshape(rows, 2, number, -1)
        for extreme in (np.min, np.max)
    )
    return least, most


def _may_be_one(cut: _Bounds, whole: _Bounds) -> npt.NDArray[np.bool_]:
    """Of each pair, whether the least that its differences can be lets some likeness do."""
    darker = np.median(whole[0][:, 0] / np.maximum(cut[1][:, 0], DARKEST), axis=1)
    brighter = np.median(whole[1][:, 0] / np.maximum(cut[0][:, 0], DARKEST), axis=1)
    low, high = (each[:, np.newaxis, np.newaxis].astype(np.float32) for each in (darker, brighter))
    cut = _scaled(cut, low.clip(max=1), high.clip(max=1))
    whole = _scaled(whole, 1 / high.clip(min=1), 1 / low.clip(min=1))
    apart = np.maximum(np.maximum(cut[0] - whole[1], whole[0] - cut[1]), 0)
    colour = apart[:, 1:].mean(axis=1)
    level = np.median(colour + GREY_SHARE * apart[:, 0], axis=1)
    may: npt.NDArray[np.bool_] = (colour.mean(axis=1) <= MOST_COLOUR) & (least_likeness(level) <= 1)
    return may


def _scaled(bounds: _Bounds, low: _Factors, high: _Factors) -> _Bounds:
    """Bounds of what lies within bounds, times a factor within two that are not negative."""
    least, most = bounds
    return np.where(least < 0, high, low) * least, np.where(most < 0, low, high) * most
