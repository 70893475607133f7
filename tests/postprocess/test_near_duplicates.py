"""How many copies are found, on real cars where there are any, and on drawn ones."""

import random
from io import BytesIO

import pytest
from altered import COPIES, CROPS, OTHERS, altered, colour_change, encoded
from PIL import Image
from signed import CARS, joined, judged, row

from carscrape.demo.drawn import DrawnWorld
from carscrape.demo.pictures import BODIES, COLORS, draw_car
from carscrape.demo.words import slug
from carscrape.demo.world import Truth

ORIGINALS = 220
VISIBLE = 8.0  # levels by which Cb and Cr changed, on average

Pictures = list[Image.Image]

pytestmark = pytest.mark.accepts("G02")
needs_cars = pytest.mark.skipif(not CARS.exists(), reason="no shared pictures beside here")


@pytest.fixture(scope="module")
def cars() -> Pictures:
    """Those that verify lets pass also as a quarter."""
    paths = random.Random(5).sample(sorted(CARS.glob("*.jpg")), 2 * ORIGINALS)
    opened = [Image.open(BytesIO(path.read_bytes())).convert("RGB") for path in paths]
    return [picture for picture in opened if min(picture.size) >= 96][:ORIGINALS]


@pytest.fixture(scope="module")
def drawings() -> Pictures:
    colors = sorted(COLORS)
    return [draw_car(str(n), BODIES[n % 4], colors[n % len(colors)]) for n in range(40)]


def found(pictures: Pictures, change: str) -> float:
    """The share of copies that are put into the group of their original."""
    pairs = [(row(encoded(picture)), row(altered(picture, change))) for picture in pictures]
    together = joined(pairs)
    return sum(together) / len(together)


@needs_cars
@pytest.mark.timeout(900)
def test_copies_of_cars_are_found(cars: Pictures) -> None:
    assert len(cars) == ORIGINALS
    recall = {change: found(cars, change) for change in COPIES}
    print(*(f"{share:.3f} {change}" for change, share in recall.items()), sep="\n")
    assert sum(recall.values()) / len(recall) >= 0.98
    assert min(recall.values()) >= 0.95


@needs_cars
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("change", "least"), list(zip(CROPS, (0.9, 0.6, 0.25), strict=True)))
def test_the_hardest_crops_of_cars_are_stated_apart(
    cars: Pictures, change: str, least: float
) -> None:
    share = found(cars, change)
    print(f"{share:.3f} {change}")
    assert share >= least


@needs_cars
@pytest.mark.timeout(300)
def test_mirrored_cars_stay_apart(cars: Pictures) -> None:
    share = found(cars, "mirrored")
    print(f"{share:.3f} mirrored")
    assert share <= 0.03


@needs_cars
@pytest.mark.timeout(300)
def test_cars_of_another_colour_stay_apart(cars: Pictures) -> None:
    """A hue turns nothing that one can see on a grey car before a grey wall."""
    change = OTHERS["recoloured"]
    visible = [car for car in cars if colour_change(car, change(car)) > VISIBLE]
    share = found(visible, "recoloured")
    print(f"{share:.3f} of {len(visible)} recoloured to be seen; {found(cars, 'recoloured'):.3f}")
    assert share <= 0.03


@needs_cars
@pytest.mark.timeout(300)
def test_no_two_different_cars_are_joined() -> None:
    paths = sorted(CARS.glob("*.jpg"))
    rows = [row(path.read_bytes()) for path in paths]
    names = {one["id"]: path.name for one, path in zip(rows, paths, strict=True)}
    verdicts = judged(rows).items()
    wrong = [(names[id_], names[said["group"]]) for id_, said in verdicts if not said["keep"]]
    assert len(names) == len(paths) == 764
    assert wrong == []


@pytest.mark.parametrize("change", COPIES)
def test_copies_of_drawings_are_found(drawings: Pictures, change: str) -> None:
    assert found(drawings, change) >= 0.9


def test_drawings_that_are_mirrored_or_of_another_colour_stay_apart(drawings: Pictures) -> None:
    assert found(drawings, "mirrored") <= 0.05
    change = OTHERS["recoloured"]
    visible = [one for one in drawings if colour_change(one, change(one)) > VISIBLE]
    assert len(visible) > 10
    assert found(visible, "recoloured") == 0


def test_few_different_drawings_are_joined() -> None:
    """Few, not none: a hundred of each body in one of two colours, before four kinds of wall."""
    seeds = range(400)
    drawn = [draw_car(str(n), BODIES[n % 4], ("red", "silver")[n // 4 % 2]) for n in seeds]
    verdicts = judged([row(encoded(drawing)) for drawing in drawn]).values()
    wrong = sum(not verdict["keep"] for verdict in verdicts)
    print(f"{wrong} of {len(drawn)}")
    assert wrong < 0.01 * len(drawn)


def test_copies_on_the_demo_web_join_their_originals_and_few_others_join() -> None:
    world = DrawnWorld(7, "hostile")
    queries = "red Ford Mustang", "black Honda Odyssey", "white Jeep Wrangler"
    keys = {world.key(query, rank) for query in queries for rank in range(world.count(query))}
    shown = {key: truth for key in keys if (truth := world.shows(key)) and truth.good}
    copies = {key: _original(truth) for key, truth in shown.items() if _is_copy(truth)}
    rows = {key: row(world.file(key).content) for key in shown.keys() | copies.values()}
    said = judged(list({one["id"]: one for one in rows.values()}.values()))
    group = {key: said[one["id"]]["group"] for key, one in rows.items()}
    together = sum(group[copy] == group[original] for copy, original in copies.items())
    originals = {one["id"]: _original(shown[key]) for key, one in rows.items() if key in shown}
    wrong = [key for key in shown if originals.get(group[key], key) != _original(shown[key])]
    print(f"{together} of {len(copies)} copies; {len(wrong)} of {len(shown)} wrong")
    assert len(copies) > 15
    assert together >= 0.95 * len(copies)
    assert len(wrong) < 0.01 * len(shown)


def _is_copy(truth: Truth) -> bool:
    return truth.kind == "near_duplicate"


def _original(truth: Truth) -> str:
    """The key of the picture of which all copies are made."""
    words, rank = truth.original.rsplit("/", 1)
    return f"img/{slug(words)}/{rank}.jpg"
