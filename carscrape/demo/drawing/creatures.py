"""People and animals in a scene."""

from random import Random

from carscrape.demo.drawing.canvas import RGB, Canvas, jitter, shade, smooth
from carscrape.demo.drawing.scenes import place
from carscrape.demo.drawing.style import Style

_SKINS: tuple[RGB, ...] = ((242, 206, 176), (214, 162, 122), (150, 100, 70), (98, 64, 46))


def paint_person(canvas: Canvas, rng: Random, style: Style) -> None:
    """A standing person."""
    x, ground, size = place(canvas, rng, style.roads + style.lands, style, 0.19)
    skin, shirt, trousers = rng.choice(_SKINS), rng.choice(style.accents), rng.choice(style.accents)
    hip, neck = ground - size * 1.25, ground - size * 2.35
    step = size * rng.uniform(0.08, 0.25)
    for side in (-1, 1):
        canvas.line(
            [(x + side * size * 0.16, hip), (x + side * step * 1.6, ground)],
            shade(trousers, 0.6),
            size * 0.27,
        )
        canvas.line(
            [
                (x + side * size * 0.38, neck + size * 0.14),
                (x + side * size * rng.uniform(0.55, 0.8), hip - size * rng.uniform(-0.1, 0.7)),
            ],
            shade(shirt, 0.85),
            size * 0.18,
        )
    canvas.rounded(x - size * 0.42, neck, x + size * 0.42, hip + size * 0.1, size * 0.2, shirt)
    canvas.box(
        x - size * 0.1, neck - size * 0.2, x + size * 0.1, neck + size * 0.08, shade(skin, 0.9)
    )
    canvas.ellipse(
        x,
        neck - size * 0.45,
        size * 0.31,
        size * 0.37,
        jitter(rng, rng.choice([(40, 30, 26), (96, 62, 36), (206, 170, 100)]), 8),
    )
    canvas.ellipse(x, neck - size * 0.37, size * 0.26, size * 0.32, skin)


def paint_cat(canvas: Canvas, rng: Random, style: Style) -> None:
    """A sitting cat, seen from the front."""
    x, ground, size = place(canvas, rng, style.lands, style, 0.27)
    fur = jitter(
        rng, rng.choice([(70, 68, 72), (206, 140, 76), (226, 218, 206), (128, 110, 96)]), 12
    )
    head = ground - size * 1.42
    tail = [
        (x + size * 0.5, ground - size * 0.1),
        (x + size * 1.0, ground - size * 0.25),
        (x + size * 0.95, ground - size * 0.75),
    ]
    canvas.line(tail, shade(fur, 0.8), size * 0.15)
    canvas.ellipse(*tail[-1], size * 0.075, size * 0.075, shade(fur, 0.8))
    canvas.polygon(
        smooth(
            [
                (x - size * 0.6, ground),
                (x - size * 0.35, head),
                (x + size * 0.35, head),
                (x + size * 0.6, ground),
            ]
        ),
        fur,
    )
    for side in (-1, 1):
        canvas.ellipse(
            x + side * size * 0.25, ground - size * 0.07, size * 0.2, size * 0.1, shade(fur, 1.2)
        )
        canvas.polygon(
            [
                (x + side * size * 0.44, head - size * 0.7),
                (x + side * size * 0.1, head - size * 0.3),
                (x + side * size * 0.46, head - size * 0.1),
            ],
            fur,
        )
    canvas.ellipse(x, head, size * 0.5, size * 0.42, fur)
    _paint_cat_face(canvas, x, head, size)


def _paint_cat_face(canvas: Canvas, x: float, head: float, size: float) -> None:
    """Eyes and nose around the middle of the head."""
    for side in (-1, 1):
        canvas.ellipse(
            x + side * size * 0.19, head - size * 0.05, size * 0.1, size * 0.12, (186, 208, 90)
        )
        canvas.ellipse(
            x + side * size * 0.19, head - size * 0.05, size * 0.04, size * 0.1, (20, 20, 20)
        )
    canvas.polygon(
        [
            (x - size * 0.06, head + size * 0.12),
            (x + size * 0.06, head + size * 0.12),
            (x, head + size * 0.2),
        ],
        (206, 120, 120),
    )
