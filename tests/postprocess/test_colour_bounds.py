"""Bounds refuse a pair only if it would be refused in whatever window it were laid."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from altered import encoded
from hypothesis import given, settings
from hypothesis import strategies as st
from signed import SCHEMA, row

from carscrape.demo.pictures import draw_car
from postprocess import likeness
from postprocess.colour_bounds import ColourBounds
from postprocess.signature import CHROMA_SIDE, THUMB_SIDE
from postprocess.windows import Fit, samplers

SPANS = len(samplers(THUMB_SIDE))
PAIRS = 200


def blurred(rng: np.random.Generator, number: int, side: int) -> npt.NDArray[np.float32]:
    """Pictures of a few fields with levels from 0 to 255, some of little contrast."""
    fields = rng.integers(1, 5)
    levels = rng.uniform(0, 255, (number, fields, fields))
    levels = levels.mean() + (levels - levels.mean()) * rng.uniform(0.05, 1, (number, 1, 1))
    return (
        levels.repeat(side, axis=1).repeat(side, axis=2)[:, ::fields, ::fields].astype(np.float32)
    )


def pictures(seed: int) -> pa.Table:
    """Pairs of pictures, one behind the other: the second is darker, and of other colours."""
    rng = np.random.default_rng(seed)
    grey, blue, red = (blurred(rng, PAIRS, side) for side in (THUMB_SIDE, CHROMA_SIDE, CHROMA_SIDE))
    darker = rng.uniform(0.3, 1, (PAIRS, 1, 1))
    noise = rng.normal(0, rng.uniform(0, 6), (2, PAIRS, CHROMA_SIDE, CHROMA_SIDE))
    noise += rng.normal(0, 6, (2, PAIRS, 1, 1))
    colours = np.stack([blue, red])
    both = [
        (grey, colours),
        (grey * darker, (colours - 128) * darker + 128 + noise),
    ]
    return pa.table(
        {
            "thumb": [t.tobytes() for greys, _ in both for t in greys.clip(0, 255).astype("u1")],
            "chroma": [
                c.tobytes() for _, two in both for c in two.swapaxes(0, 1).clip(0, 255).astype("u1")
            ],
        }
    )


def judged(seed: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Of each pair: what bounds say, and whether it fits in one of ten windows or as it is."""
    table = pictures(seed)
    one, other = np.arange(PAIRS), np.arange(PAIRS, 2 * PAIRS)
    may = ColourBounds(table.num_rows, table.take).may_match(one, other)
    greys, colours = (
        [read(table.take(side)) for side in (one, other)]
        for read in (likeness.thumbs, likeness.chroma)
    )
    rng = np.random.default_rng(seed)
    fits = [Fit(rng.random(PAIRS) < 0.5, *rng.integers(0, SPANS, (2, PAIRS))) for _ in range(10)]
    least = [likeness._least(fit.laid(*greys), fit.laid(*colours)) for fit in fits]
    return may, np.min([likeness._least(greys, colours), *least], axis=0) <= 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_fits_in_some_window_is_never_refused(seed: int) -> None:
    may, fits = judged(seed)
    assert may[fits].all()


def test_the_pairs_are_of_both_kinds() -> None:
    may, fits = (np.concatenate(each) for each in zip(*map(judged, range(20)), strict=True))
    assert fits.mean() > 0.1
    assert may.mean() < 0.9


def test_most_pairs_of_drawn_cars_of_other_colours_are_refused() -> None:
    colours = ("red", "blue", "green", "white", "black", "yellow")
    cars = [draw_car(str(n), "suv", colour) for colour in colours for n in range(5)]
    table = pa.Table.from_pylist([row(encoded(car)) for car in cars], SCHEMA)
    one, other = np.triu_indices(len(cars), 1)
    may = ColourBounds(len(cars), table.take).may_match(one, other)
    alike = likeness.likeness(table.take(one), table.take(other)).same
    assert may[alike].all()
    assert may.mean() < 0.5
