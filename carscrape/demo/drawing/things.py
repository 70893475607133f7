"""Things in a scene that are not cars."""

from math import cos, pi, sin
from random import Random

from carscrape.demo.drawing.canvas import Canvas, Point, jitter, shade
from carscrape.demo.drawing.scenes import place
from carscrape.demo.drawing.style import Style


def paint_house(canvas: Canvas, rng: Random, style: Style) -> None:
    """A house with a pitched roof."""
    x, ground, size = place(canvas, rng, style.lands, style, 0.26)
    wall = jitter(rng, rng.choice([(236, 224, 200), (206, 188, 164), (222, 222, 216)]), 12)
    roof = jitter(rng, rng.choice(style.accents), 20)
    top, half = ground - size * rng.uniform(0.9, 1.2), size * rng.uniform(0.9, 1.2)
    canvas.box(x + half * 0.4, top - size * 0.7, x + half * 0.6, top, shade(roof, 0.6))
    canvas.box(x - half, top, x + half, ground, wall)
    ridge = top - size * rng.uniform(0.6, 0.9)
    canvas.polygon(
        [
            (x - half * 1.15, top),
            (x - half * 0.3, ridge),
            (x + half * 0.3, ridge),
            (x + half * 1.15, top),
        ],
        roof,
    )
    door = size * 0.2
    canvas.box(x - door, ground - size * 0.62, x + door, ground, shade(roof, 0.7))
    for side in (-0.62, 0.62):
        pane = x + side * half
        canvas.box(pane - door, top + size * 0.2, pane + door, top + size * 0.55, (250, 250, 246))
        canvas.box(
            pane - door * 0.8,
            top + size * 0.24,
            pane + door * 0.8,
            top + size * 0.51,
            (118, 156, 184),
        )


def paint_tree(canvas: Canvas, rng: Random, style: Style) -> None:
    """A tree with a round or a pointed crown."""
    x, ground, size = place(canvas, rng, style.lands, style, 0.3)
    leaf = jitter(rng, rng.choice([(62, 122, 56), (96, 140, 50), (176, 112, 40)]), 18)
    trunk = size * rng.uniform(0.1, 0.16)
    canvas.polygon(
        [
            (x - trunk * 1.4, ground),
            (x - trunk * 0.7, ground - size),
            (x + trunk * 0.7, ground - size),
            (x + trunk * 1.4, ground),
        ],
        (96, 70, 48),
    )
    if rng.random() < 0.4:
        for tier in range(3):
            half, y = size * (0.75 - 0.17 * tier), ground - size * (0.5 + 0.45 * tier)
            canvas.polygon(
                [(x - half, y), (x, y - size * 0.75), (x + half, y)],
                shade(leaf, 0.85 + 0.12 * tier),
            )
        return
    for _ in range(14):
        angle, away = rng.uniform(0, 2 * pi), rng.uniform(0.1, 0.5) * size
        radius = size * rng.uniform(0.22, 0.36)
        canvas.ellipse(
            x + away * 1.2 * cos(angle),
            ground - size * 1.35 + away * sin(angle),
            radius,
            radius,
            shade(leaf, rng.uniform(0.82, 1.18)),
        )


def paint_boat(canvas: Canvas, rng: Random, style: Style) -> None:
    """A sailing boat on the water."""
    x, ground, size = place(canvas, rng, style.waters, style, 0.3)
    hull = jitter(rng, rng.choice(style.accents), 18)
    sail = jitter(rng, rng.choice([(248, 246, 238), (240, 226, 190)]), 8)
    deck, half = ground - size * 0.3, size * rng.uniform(0.75, 1.0)
    mast = deck - size * rng.uniform(1.3, 1.6)
    canvas.line([(x, deck), (x, mast)], (92, 68, 50), size * 0.05)
    canvas.polygon(
        [
            (x + size * 0.05, mast),
            (x + size * 0.05, deck - size * 0.1),
            (x + half * 0.85, deck - size * 0.1),
        ],
        sail,
    )
    canvas.polygon(
        [
            (x - size * 0.05, mast + size * 0.15),
            (x - size * 0.05, deck - size * 0.1),
            (x - half * 0.7, deck - size * 0.1),
        ],
        shade(sail, 0.88),
    )
    canvas.polygon(
        [
            (x - half, deck),
            (x + half * 1.1, deck),
            (x + half * 0.75, ground),
            (x - half * 0.75, ground),
        ],
        hull,
    )
    canvas.line([(x - half, deck), (x + half * 1.1, deck)], shade(hull, 1.6), size * 0.05)


def paint_bicycle(canvas: Canvas, rng: Random, style: Style) -> None:
    """A bicycle."""
    x, ground, size = place(canvas, rng, style.roads + style.lands, style, 0.3)
    frame = jitter(rng, rng.choice(style.accents), 18)
    radius, hub = size * 0.48, ground - size * 0.48
    rear, front = x - size * 0.72, x + size * 0.72
    for axle in (rear, front):
        for spoke in range(6):
            dx, dy = radius * cos(spoke * pi / 6), radius * sin(spoke * pi / 6)
            canvas.line([(axle - dx, hub - dy), (axle + dx, hub + dy)], (170, 172, 176), 0.7)
        canvas.ring(axle, hub, radius, (34, 34, 38), size * 0.06)
    crank, seat, head = (
        (x - size * 0.08, hub),
        (x - size * 0.3, hub - size * 0.72),
        (x + size * 0.5, hub - size * 0.74),
    )
    tubes: list[list[Point]] = [
        [(rear, hub), crank, head, seat, (rear, hub)],
        [crank, seat],
        [head, (front, hub)],
    ]
    for tube in tubes:
        canvas.line(tube, frame, size * 0.06)
    canvas.rounded(
        seat[0] - size * 0.16,
        seat[1] - size * 0.13,
        seat[0] + size * 0.14,
        seat[1] - size * 0.05,
        size * 0.04,
        (40, 36, 36),
    )
    canvas.line(
        [
            head,
            (head[0] - size * 0.06, head[1] - size * 0.2),
            (head[0] + size * 0.2, head[1] - size * 0.26),
        ],
        (52, 52, 56),
        size * 0.05,
    )
