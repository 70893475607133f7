"""What colour the stage sees, on drawn cars and on real ones that people looked at."""

import csv
from collections import Counter
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from odd_stages import LetsAllBy
from PIL import Image as Pillow
from stores import BLUE, RED, Found, make_store, sha

from carscrape.demo.pictures import BODIES, COLORS, draw_car
from carscrape.store import Store
from postprocess import pipeline
from postprocess.colours import agrees
from postprocess.paint import Paint, paint_of
from postprocess.pixels import read_picture
from postprocess.stages.colour import SIDE, Colour
from postprocess.stages.label import Label
from postprocess.verdicts import Verdicts
from tests.conftest import ROOT

HERE = Path(__file__).parent
ALMOST_GREY = ("gray", "silver", "white")
PHOTOS = ROOT / ".." / "shared" / "images" / "cars"


def jpeg(picture: Pillow.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


def shares(seen: Iterable[tuple[list[str], Paint]]) -> tuple[Counter[str], Counter[str]]:
    """How often the right colour, then each wrong one of the recipe's, is kept or rejected."""
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for true, paint in seen:
        right[agrees(true[0], paint.seen, paint.possible)] += 1
        wrong.update(agrees(c, paint.seen, paint.possible) for c in COLORS if c not in true)
    return right, wrong


def assert_good(seen: Iterable[tuple[list[str], Paint]]) -> None:
    right, wrong = shares(seen)
    assert right["reject"] <= 0.03 * right.total(), right
    assert wrong["reject"] >= 0.60 * wrong.total(), wrong
    assert wrong["keep"] <= 0.05 * wrong.total(), wrong


def test_drawn_cars() -> None:
    drawn = [(c, draw_car(str(n), body, c)) for n in range(8) for body in BODIES for c in COLORS]
    assert_good(([colour], paint_of(picture)) for colour, picture in drawn)


@pytest.fixture(scope="module")
def real_cars() -> dict[str, list[tuple[list[str], Paint]]]:
    """Set -> the colours that somebody wrote down by looking, the likeliest first, and ours."""
    if not PHOTOS.exists():
        pytest.skip("needs ../shared/images")
    seen: dict[str, list[tuple[list[str], Paint]]] = {}
    with (HERE / "car_colours.tsv").open() as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            picture = read_picture((PHOTOS / row["file"]).read_bytes(), SIDE)
            seen.setdefault(row["set"], []).append((row["colours"].split(","), paint_of(picture)))
    return seen


@pytest.mark.parametrize("name", ["chosen", "held_out"])
def test_real_cars(real_cars: dict[str, list[tuple[list[str], Paint]]], name: str) -> None:
    """No number was chosen by the set that is held out."""
    assert_good(real_cars[name])
    either = [agrees(c, p.seen, p.possible) for true, p in real_cars[name] for c in true]
    assert either.count("reject") <= 0.05 * len(either)


def test_silver_grey_and_white_cars_are_never_rejected_for_one_another(
    real_cars: dict[str, list[tuple[list[str], Paint]]],
) -> None:
    seen = [paint for cars in real_cars.values() for _, paint in cars if paint.seen in ALMOST_GREY]
    assert len(seen) > 100
    said = {agrees(asked, paint.seen, paint.possible) for paint in seen for asked in ALMOST_GREY}
    assert said == {"keep", "abstain"}


def cars(tmp_path: Path) -> tuple[Store, dict[str, bytes]]:
    """A red car, the same asked for in blue, one of a colour that recipes do not know."""
    drawn = {
        "right": jpeg(draw_car("1", "suv", "red")),
        "wrong": jpeg(draw_car("2", "suv", "red")),
        "unknown": jpeg(draw_car("3", "suv", "red")),
    }
    found = [
        Found(drawn["right"], RED),
        Found(drawn["wrong"], BLUE),
        Found(drawn["unknown"], {**RED, "color": "metallic"}),
    ]
    return make_store(tmp_path, found), drawn


def judged(store: Store, stage: str) -> dict[str, dict[str, object]]:
    (generation,) = [g for g in Verdicts(store).current() if g.stage == stage]
    rows = Verdicts(store).read(stage, generation.key).to_pylist()
    return {row["id"].hex(): row for row in rows}


def test_the_label_is_rejected_where_the_colour_disagrees(tmp_path: Path) -> None:
    store, drawn = cars(tmp_path)
    pipeline.run(store, [LetsAllBy(), Colour(), Label(colour="color")])
    seen, labels = judged(store, "colour"), judged(store, "label")
    assert {row["seen"] for row in seen.values()} == {"red"}
    assert all(row["keep"] for row in seen.values())
    said = {name: labels[sha(content)] for name, content in drawn.items()}
    assert {name: (row["reason"], row["colour"]) for name, row in said.items()} == {
        "right": ("ok", "keep"),
        "wrong": ("wrong_colour", "reject"),
        "unknown": ("ok", "abstain"),
    }


@pytest.mark.parametrize(
    "stages",
    [
        [LetsAllBy(), Label(colour="color")],
        [LetsAllBy(), Colour(), Label()],
        [LetsAllBy(), Colour(), Label(colour="paint")],
    ],
)
def test_where_nobody_looked_or_asked_nothing_is_rejected(
    tmp_path: Path, stages: list[Any]
) -> None:
    store, _ = cars(tmp_path)
    pipeline.run(store, stages)
    rows = judged(store, "label").values()
    assert [(row["keep"], row["colour"]) for row in rows] == [(True, None)] * 3


def test_another_look_makes_another_label(tmp_path: Path) -> None:
    """The label's key hangs on what the colour stage saw."""
    store, _ = cars(tmp_path)
    keys = {
        pipeline.run(store, stages)[-1].key
        for stages in (
            [LetsAllBy(), Label(colour="color")],
            [LetsAllBy(), Colour(), Label(colour="color")],
        )
    }
    assert len(keys) == 2


def test_a_picture_that_cannot_be_decoded_costs_itself(tmp_path: Path) -> None:
    drawn = jpeg(draw_car("1", "van", "blue"))
    store = make_store(tmp_path, [drawn[: len(drawn) // 2], drawn])
    pipeline.run(store, [LetsAllBy(), Colour()])
    rows = judged(store, "colour")
    assert rows[sha(drawn)]["seen"] == "blue"
    assert rows[sha(drawn[: len(drawn) // 2])]["reason"] == "undecodable"
