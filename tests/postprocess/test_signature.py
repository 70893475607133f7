import tracemalloc

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageOps

from carscrape.demo.pictures import draw_car
from postprocess.likeness import likeness
from postprocess.signature import LOOK_SIDE, SIGNATURE_COLUMNS, sign


def small(picture: Image.Image) -> "np.typing.NDArray[np.uint8]":
    return np.asarray(picture.reduce(max(1, min(picture.size) // 64)))


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (7, 9), (64, 64), (500, 64)])
@pytest.mark.parametrize("kind", ["noise", "white", "framed"])
def test_every_picture_has_a_signature_of_these_columns(size: tuple[int, int], kind: str) -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    if kind == "white":
        rgb[:] = 255
    if kind == "framed":
        rgb[:1], rgb[-1:], rgb[:, :1], rgb[:, -1:] = 0, 0, 0, 0
    signed = pa.Table.from_pylist([sign(rgb)], schema=SIGNATURE_COLUMNS)
    assert all(column.null_count == 0 for column in signed.columns)
    assert len(signed["look"][0].as_py()) < LOOK_SIDE**2


def test_the_same_picture_has_the_same_signature() -> None:
    rgb = small(draw_car("1", "suv", "red"))
    assert sign(rgb) == sign(rgb.copy())


@pytest.mark.parametrize("colors", [("white",), ("black",), ("black", "white"), ("teal", "black")])
def test_frames_are_left_out(colors: tuple[str, ...]) -> None:
    """One frame, and one within the other."""
    car = draw_car("1", "suv", "red")
    framed = car
    for color in reversed(colors):
        framed = ImageOps.expand(framed, 20, color)
    one, other = sign(small(car)), sign(small(framed))
    assert (one["hash"] ^ other["hash"]).bit_count() <= 4


def test_a_white_wall_is_no_frame() -> None:
    car = Image.new("RGB", (120, 90), "white")
    car.paste(draw_car("1", "suv", "red").resize((40, 30)), (40, 40))
    beside = Image.new("RGB", (120, 90), "white")
    beside.paste(draw_car("1", "suv", "red").resize((40, 30)), (5, 5))
    assert (sign(np.asarray(car))["hash"] ^ sign(np.asarray(beside))["hash"]).bit_count() > 7


def test_a_picture_is_most_like_itself() -> None:
    rows = [sign(small(draw_car(str(n), "suv", "red"))) for n in range(4)]
    table = pa.Table.from_pylist(rows, schema=SIGNATURE_COLUMNS)
    said = likeness(table, table)
    assert said.same.all()
    assert (said.score > 0.99).all()


def test_nothing_is_like_a_blank() -> None:
    """Two white pictures have no gradient that could agree."""
    blank = sign(np.full((64, 64, 3), 255, np.uint8))
    table = pa.Table.from_pylist([blank], schema=SIGNATURE_COLUMNS)
    assert not likeness(table, table).same.any()


def test_many_pairs_are_judged_as_few_and_in_as_much_memory() -> None:
    rows = [sign(small(draw_car(str(n), "suv", "red"))) for n in range(40)]
    few = pa.Table.from_pylist(rows * 8, schema=SIGNATURE_COLUMNS)
    turned = pa.Table.from_pylist(rows[1:] * 8 + rows[:8], schema=SIGNATURE_COLUMNS)
    said = []
    peaks = []
    for times in (1, 4):
        one, other = (pa.concat_tables([side] * times) for side in (few, turned))
        tracemalloc.start()
        said.append(likeness(one, other))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
    assert said[1].score.tolist() == said[0].score.tolist() * 4
    assert said[1].same.tolist() == said[0].same.tolist() * 4
