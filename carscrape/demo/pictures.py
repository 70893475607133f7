"""The pictures of the demo web: cars of a body type and a colour, and things that are not cars.

Each picture is a function of its arguments alone. `python -m carscrape.demo.pictures FOLDER`
writes a labelled folder in another style, to train a model on drawings that the demo never shows.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image

from carscrape.demo.chance import generator
from carscrape.demo.drawing import creatures, flats, things
from carscrape.demo.drawing.canvas import RGB, Canvas, jitter
from carscrape.demo.drawing.cars import BODIES as _SHAPES
from carscrape.demo.drawing.cars import paint_car
from carscrape.demo.drawing.scenes import paint_backdrop
from carscrape.demo.drawing.style import COLORS, DEMO, TRAINING, Style

__all__ = ["BODIES", "COLORS", "OTHER_KINDS", "draw_car", "draw_other"]

BODIES: tuple[str, ...] = tuple(_SHAPES)
_Painter = Callable[[Canvas, Random, Style], None]
_THINGS: dict[str, _Painter] = {
    "house": things.paint_house,
    "tree": things.paint_tree,
    "boat": things.paint_boat,
    "bicycle": things.paint_bicycle,
    "person": creatures.paint_person,
    "cat": creatures.paint_cat,
}
_FLATS: dict[str, _Painter] = {
    "pizza": flats.paint_pizza,
    "flower": flats.paint_flower,
    "wheel": flats.paint_wheel,
    "clock": flats.paint_clock,
    "chart": flats.paint_chart,
    "logo": flats.paint_logo,
    "page": flats.paint_page,
}
_PAINTERS = _THINGS | _FLATS
OTHER_KINDS: tuple[str, ...] = tuple(_PAINTERS)


def draw_car(seed: str, body: str, color: str, style: Style = DEMO) -> Image.Image:
    """A car from the side: one of `BODIES` in one of the style's paints (RGB)."""
    rng = generator(style.salt, body, color, seed)
    canvas = _canvas(rng)
    horizon = canvas.height * rng.uniform(0.5, 0.66)
    paint_backdrop(canvas, rng, rng.choice(style.roads + style.lands), horizon)
    ground = rng.uniform(
        max(horizon + 0.1 * canvas.height, 0.72 * canvas.height), 0.88 * canvas.height
    )
    paint_car(canvas, rng, body, jitter(rng, style.paints[color], 8), style.stretch, ground)
    return canvas.finish(_light(rng, style), flip=rng.random() < 0.5)


def draw_other(seed: str, kind: str, style: Style = DEMO) -> Image.Image:
    """Something that is no car: one of `OTHER_KINDS` (RGB)."""
    rng = generator(style.salt, kind, seed)
    canvas = _canvas(rng)
    _PAINTERS[kind](canvas, rng, style)
    return canvas.finish(_light(rng, style), flip=kind in _THINGS and rng.random() < 0.5)


def write_folder(folder: Path, count: int, style: Style = TRAINING) -> None:
    """Write `count` labelled JPEGs: FOLDER/<body or kind>/<n>.jpg, bodies and kinds in turn."""
    labels = (*BODIES, *OTHER_KINDS)
    for label in labels:
        (folder / label).mkdir(parents=True, exist_ok=True)
    for n in range(count):
        label = labels[n % len(labels)]
        picture = _draw(str(n), label, style)
        picture.save(folder / label / f"{n:06}.jpg", quality=85)


def _draw(seed: str, label: str, style: Style) -> Image.Image:
    if label in OTHER_KINDS:
        return draw_other(seed, label, style)
    color = generator("color", seed).choice(list(style.paints))
    return draw_car(seed, label, color, style)


def _canvas(rng: Random) -> Canvas:
    width = rng.randint(320, 480)
    return Canvas(width, round(width * rng.uniform(0.7, 0.78)))


def _light(rng: Random, style: Style) -> RGB:
    level = rng.randint(*style.light)
    red, green, blue = (min(255, level + rng.randint(0, style.tinted)) for _ in range(3))
    return red, green, blue


def main() -> None:
    """Write a folder of labelled drawings for training."""
    parser = argparse.ArgumentParser(prog="python -m carscrape.demo.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=6800, help="pictures in all (default 6800)")
    arguments = parser.parse_args()
    try:
        write_folder(arguments.folder, arguments.count)
    except OSError as error:
        sys.exit(f"cannot write {arguments.folder}: {error.strerror}")


if __name__ == "__main__":
    main()
