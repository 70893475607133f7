"""A second look at two pictures whose hashes are close: is the one a copy of the other?

Nothing is read but signatures. A copy may be cropped a little, so either picture is laid over
windows of the other, and the window that fits best decides. Gradients alone take two drawings from
one template for copies, so the more two pictures differ in level, the more alike they must be.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import simplejpeg

from postprocess.signature import CHROMA_SIDE, LOOK_SIDE, THUMB_SIDE
from postprocess.windows import Floats, best_fit, normed
from postprocess.workers import cores

LEAST_CORRELATION = 0.5  # of the thumbs as they are
LEAST_LIKENESS = 0.65  # of the gradients within the best window; different photos reach 0.58
LIKENESS_PER_LEVEL = 0.12  # more of it for each level of the median difference
MOST_COLOUR = 3.3  # mean difference of Cb and Cr, in levels

_PAIRS = 128  # looked at together: their gradients fit a cache, and more pairs take no more memory
_BLOCK_SIDE = 8  # pixels of a look in which gradients are correlated
CELLS = 4  # a side, whose mean levels are compared: a window is not exact to one pixel
_NOISE = 8.0  # mean square of a gradient; a block below it says nothing
DARKEST = 4.0  # levels of grey; what is darker has no ratio to speak of
GREY_SHARE = 1 / 3  # of a difference in grey: compression and windows move grey more than colour


@dataclass(frozen=True)
class Likeness:
    """Of each pair: are they one picture, and the median correlation of gradients (-1 to 1)."""

    same: npt.NDArray[np.bool_]
    score: Floats  # 0 where thumbs or colours differ already


def likeness(one: pa.Table, other: pa.Table) -> Likeness:
    """Compare the pictures of two tables row by row, by `thumb`, `chroma` and `look`."""
    starts = range(0, max(one.num_rows, 1), _PAIRS)

    def part(start: int) -> Likeness:
        return _likeness(one.slice(start, _PAIRS), other.slice(start, _PAIRS))

    with ThreadPoolExecutor(cores()) as threads:  # numpy lets them run side by side
        parts = list(threads.map(part, starts))
    return Likeness(
        np.concatenate([part.same for part in parts]),
        np.concatenate([part.score for part in parts]),
    )


def _likeness(one: pa.Table, other: pa.Table) -> Likeness:
    greys = [thumbs(side) for side in (one, other)]
    rows = _similar(*greys).nonzero()[0]
    result = Likeness(np.zeros(one.num_rows, bool), np.zeros(one.num_rows, np.float32))
    if len(rows):
        one, other = one.take(rows), other.take(rows)
        greys = [side[rows] for side in greys]
        result.same[rows], result.score[rows] = _compared(greys, one, other)
    return result


def _compared(
    greys: Sequence[Floats], one: pa.Table, other: pa.Table
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Whether pairs are one picture, and the correlation of gradients where they may be."""
    fit = best_fit(*greys)
    colours = chroma(one), chroma(other)
    # As they fit best, and as they are: where an edge is covered, by words on a strip, what fits
    # best leaves the strip out.
    least = np.array([_least(fit.laid(*greys), fit.laid(*colours)), _least(greys, colours)])
    score = np.zeros(least.shape, np.float32)
    # Gradients take half the time, and of drawings from one template few pairs come so far.
    (hopeful,) = (least.min(axis=0) <= 1).nonzero()
    if len(hopeful):
        looks = [_looks(side.take(hopeful)) for side in (one, other)]
        score[:, hopeful] = _gradients(*fit.of(hopeful).laid(*looks)), _gradients(*looks)
    better = score.argmax(axis=0), np.arange(len(fit.rows))
    return score[better] >= least[better], score[better]


def _least(greys: Sequence[Floats], colours: Sequence[Floats]) -> Floats:
    """How alike the gradients of pairs that lie so must be; infinite if no likeness would do."""
    colour, level = _differences(greys, colours)
    return np.where(colour <= MOST_COLOUR, least_likeness(level), np.inf).astype(np.float32)


def least_likeness(level: Floats) -> Floats:
    """How alike the gradients of pairs that differ by so many levels must be."""
    return LEAST_LIKENESS + LIKENESS_PER_LEVEL * level


def thumbs(table: pa.Table) -> Floats:
    """The column `thumb` as (rows, side, side)."""
    values = np.frombuffer(b"".join(table["thumb"].to_pylist()), np.uint8)
    return values.reshape(-1, THUMB_SIDE, THUMB_SIDE).astype(np.float32)


def _looks(table: pa.Table) -> Floats:
    decoded = [simplejpeg.decode_jpeg(look, "GRAY")[..., 0] for look in table["look"].to_pylist()]
    return np.array(decoded, np.float32)


def chroma(table: pa.Table) -> Floats:
    """The column `chroma` as (rows, Cb and Cr, side, side), 0 being no colour."""
    values = np.frombuffer(b"".join(table["chroma"].to_pylist()), np.uint8)
    return values.reshape(-1, 2, CHROMA_SIDE, CHROMA_SIDE).astype(np.float32) - 128


def _similar(one: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    similar: npt.NDArray[np.bool_] = (
        np.einsum("nij,nij->n", normed(one), normed(other)) >= LEAST_CORRELATION
    )
    return similar


def _gradients(one: Floats, other: Floats) -> Floats:
    """The median over blocks of how gradients correlate, each block counting by its contrast.

    A mark fills few blocks, and what flat backgrounds have in common is of little contrast.
    """
    down, across = zip(*map(_slopes, (one, other)), strict=True)
    both = _per_block(down[0] * down[1] + across[0] * across[1])
    energy = [_per_block(d * d + a * a) for d, a in zip(down, across, strict=True)]
    correlation = both / np.sqrt(np.maximum(energy[0] * energy[1], 1e-6))
    contrast = np.maximum(*energy)
    weight = np.sqrt(np.where(contrast > _NOISE * _BLOCK_SIDE**2, contrast, 0))
    order = np.argsort(correlation, axis=1)
    below = np.take_along_axis(weight, order, axis=1).cumsum(axis=1)
    middle = (below >= below[:, -1:] / 2).argmax(axis=1)
    median = np.take_along_axis(correlation, order, axis=1)[np.arange(len(order)), middle]
    return np.where(below[:, -1] > 0, median, 0).astype(np.float32)


def _slopes(pictures: Floats) -> tuple[Floats, Floats]:
    down, across = np.zeros_like(pictures), np.zeros_like(pictures)
    down[:, 1:-1] = pictures[:, 2:] - pictures[:, :-2]
    across[:, :, 1:-1] = pictures[:, :, 2:] - pictures[:, :, :-2]
    return down, across


def _per_block(values: Floats) -> Floats:
    blocks = LOOK_SIDE // _BLOCK_SIDE
    shape = -1, blocks, _BLOCK_SIDE, blocks, _BLOCK_SIDE
    summed: Floats = values.reshape(shape).sum(axis=(2, 4)).reshape(-1, blocks**2)
    return summed


def _differences(greys: Sequence[Floats], colours: Sequence[Floats]) -> tuple[Floats, Floats]:
    """How far pairs are apart, in levels of the darker picture.

    Returns:
        The mean over cells of the difference of Cb and Cr; the median over cells of this and of
        some of the difference in grey, which a mark on a few cells does not move.
    """
    one, other = (
        np.concatenate([_cells(grey[:, np.newaxis]), _cells(colour)], axis=1)
        for grey, colour in zip(greys, colours, strict=True)
    )
    # Brightness stretches colour with it.
    ratio = np.median(other[:, :1] / np.maximum(one[:, :1], DARKEST), axis=2, keepdims=True)
    apart = np.abs(one * np.minimum(ratio, 1) - other / np.maximum(ratio, 1))
    grey, colour = apart[:, 0], apart[:, 1:].mean(axis=1)
    return colour.mean(axis=1), np.median(colour + GREY_SHARE * grey, axis=1)


def _cells(planes: Floats) -> Floats:
    """The means of the cells of planes (rows, planes, side, side): (rows, planes, cells)."""
    rows, number, side, _ = planes.shape
    pixels = side // CELLS
    means: Floats = planes.reshape(rows, number, CELLS, pixels, CELLS, pixels).mean(axis=(3, 5))
    return means.reshape(rows, number, -1)
