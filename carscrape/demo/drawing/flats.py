"""Close views and page art: what else an image search brings."""

from math import cos, pi, sin
from random import Random

from carscrape.demo.drawing.canvas import RGB, Canvas, jitter, shade
from carscrape.demo.drawing.style import Style

_PAPERS: tuple[RGB, ...] = ((252, 252, 250), (244, 240, 230), (232, 236, 240))
_TABLES: tuple[RGB, ...] = ((150, 106, 70), (208, 200, 190), (84, 70, 62), (120, 140, 132))


def paint_pizza(canvas: Canvas, rng: Random, _style: Style) -> None:
    """A pizza on a plate, from above."""
    x, y, size = _on_table(canvas, rng)
    canvas.ellipse(x, y, size * 1.12, size * 1.12, (246, 246, 244))
    canvas.ellipse(x, y, size, size, jitter(rng, (200, 146, 80), 12))
    canvas.ellipse(x, y, size * 0.86, size * 0.86, jitter(rng, (244, 202, 104), 12))
    for _ in range(rng.randint(9, 16)):
        angle, away = rng.uniform(0, 2 * pi), size * rng.uniform(0, 0.72)
        topping = rng.choice([(178, 46, 36), (178, 46, 36), (70, 124, 52), (56, 44, 52)])
        radius = size * rng.uniform(0.07, 0.13)
        canvas.ellipse(x + away * cos(angle), y + away * sin(angle), radius, radius, topping)
    first = rng.uniform(0, pi)
    for cut in range(4):
        dx, dy = size * cos(first + cut * pi / 4), size * sin(first + cut * pi / 4)
        canvas.line([(x - dx, y - dy), (x + dx, y + dy)], (190, 136, 76), 1)


def paint_flower(canvas: Canvas, rng: Random, style: Style) -> None:
    """One large blossom on a stem."""
    leaf = jitter(rng, (80, 130, 70), 20)
    canvas.gradient(0, canvas.height, (shade(leaf, rng.uniform(1.2, 1.7)), shade(leaf, 0.7)))
    x, y = canvas.width * rng.uniform(0.35, 0.65), canvas.height * rng.uniform(0.36, 0.5)
    size, petals = canvas.height * rng.uniform(0.2, 0.27), rng.randint(6, 11)
    canvas.line(
        [(x, y), (x + size * rng.uniform(-0.4, 0.4), canvas.height)], (46, 92, 42), size * 0.1
    )
    petal = jitter(rng, rng.choice(style.accents), 20)
    for i in range(petals):
        angle = 2 * pi * i / petals
        canvas.ellipse(
            x + size * cos(angle),
            y + size * sin(angle),
            size * 0.5,
            size * 0.5,
            shade(petal, 1.1 + 0.25 * (i % 2)),
        )
    canvas.ellipse(x, y, size * 0.55, size * 0.55, (214, 160, 50))
    canvas.ellipse(x, y, size * 0.36, size * 0.36, (150, 96, 34))


def paint_wheel(canvas: Canvas, rng: Random, _style: Style) -> None:
    """A car's wheel close up: a part, not a car."""
    x, y, size = _on_table(canvas, rng)
    size *= 1.15
    canvas.ellipse(x, y, size, size, (30, 30, 33))
    for notch in range(36):
        angle = notch * pi / 18
        canvas.line(
            [
                (x + size * 0.9 * cos(angle), y + size * 0.9 * sin(angle)),
                (x + size * cos(angle), y + size * sin(angle)),
            ],
            (66, 66, 70),
            2,
        )
    metal = jitter(rng, (190, 192, 198), 16)
    canvas.ellipse(x, y, size * 0.68, size * 0.68, metal)
    canvas.ellipse(x, y, size * 0.6, size * 0.6, (62, 64, 70))
    spokes, first = rng.randint(5, 9), rng.uniform(0, 60)
    for spoke in range(spokes):
        angle = first + spoke * 360 / spokes
        canvas.wedge(x, y, size * 0.64, (angle - 11, angle + 11), metal)
    canvas.ellipse(x, y, size * 0.17, size * 0.17, shade(metal, 0.8))


def paint_clock(canvas: Canvas, rng: Random, style: Style) -> None:
    """A round wall clock."""
    wall = jitter(rng, rng.choice(_PAPERS), 14)
    canvas.gradient(0, canvas.height, (wall, shade(wall, 0.85)))
    x, y = canvas.width * rng.uniform(0.42, 0.58), canvas.height * rng.uniform(0.44, 0.56)
    size = canvas.height * rng.uniform(0.3, 0.4)
    canvas.ellipse(x, y, size, size, jitter(rng, rng.choice(style.accents), 20))
    canvas.ellipse(x, y, size * 0.88, size * 0.88, (250, 250, 246))
    for hour in range(12):
        dx, dy = cos(hour * pi / 6), sin(hour * pi / 6)
        canvas.line(
            [
                (x + size * 0.72 * dx, y + size * 0.72 * dy),
                (x + size * 0.82 * dx, y + size * 0.82 * dy),
            ],
            (50, 50, 54),
            size * 0.04,
        )
    for reach, thick in ((0.45, 0.06), (0.68, 0.035)):
        angle = rng.uniform(0, 2 * pi)
        tip = (x + size * reach * cos(angle), y + size * reach * sin(angle))
        canvas.line([(x, y), tip], (34, 34, 38), size * thick)


def paint_chart(canvas: Canvas, rng: Random, style: Style) -> None:
    """A bar chart."""
    canvas.box(0, 0, canvas.width, canvas.height, rng.choice(_PAPERS))
    left, right = canvas.width * 0.14, canvas.width * 0.94
    top, bottom = canvas.height * rng.uniform(0.12, 0.2), canvas.height * 0.86
    for i in range(5):
        y = top + (bottom - top) * i / 5
        canvas.line([(left, y), (right, y)], (212, 214, 218), 1)
    bars = rng.randint(4, 9)
    step = (right - left) / bars
    color = rng.choice(style.accents)
    for i in range(bars):
        height = (bottom - top) * rng.uniform(0.15, 0.95)
        x = left + step * (i + 0.18)
        canvas.box(x, bottom - height, x + step * 0.64, bottom, shade(color, 0.85 + 0.3 * (i % 2)))
    canvas.line([(left, top), (left, bottom), (right, bottom)], (60, 62, 66), 1.5)
    canvas.box(
        left, top * 0.35, left + (right - left) * rng.uniform(0.3, 0.7), top * 0.6, (90, 92, 98)
    )


def paint_logo(canvas: Canvas, rng: Random, style: Style) -> None:
    """A badge of a few plain shapes on a plain ground."""
    ground, first, second = rng.choice(_PAPERS), *rng.sample(style.accents, 2)
    if rng.random() < 0.4:
        ground, first = first, ground
    canvas.box(0, 0, canvas.width, canvas.height, ground)
    x, y, size = canvas.width / 2, canvas.height * 0.42, canvas.height * rng.uniform(0.2, 0.28)
    match rng.randrange(3):
        case 0:
            canvas.ellipse(x, y, size, size, first)
            canvas.ellipse(x + size * 0.3, y, size * 0.62, size * 0.62, second)
        case 1:
            canvas.polygon([(x - size, y + size), (x, y - size), (x + size, y + size)], first)
            canvas.ellipse(x, y + size * 0.3, size * 0.4, size * 0.4, second)
        case _:
            canvas.rounded(x - size, y - size, x + size, y + size, size * 0.4, first)
            canvas.wedge(x, y, size * 0.8, (rng.uniform(0, 90), rng.uniform(180, 330)), second)
    for i in range(letters := rng.randint(4, 8)):
        left = x + (i - letters / 2) * size * 0.4
        tall = size * rng.choice([0.3, 0.3, 0.42])
        canvas.box(
            left, canvas.height * 0.86 - tall, left + size * 0.28, canvas.height * 0.86, first
        )


def paint_page(canvas: Canvas, rng: Random, style: Style) -> None:
    """A page of text with a heading."""
    canvas.box(0, 0, canvas.width, canvas.height, rng.choice(_PAPERS))
    margin, y = canvas.width * rng.uniform(0.07, 0.14), canvas.height * 0.09
    ink, step = jitter(rng, (70, 70, 74), 14), canvas.height * rng.uniform(0.042, 0.06)
    heading = canvas.width * rng.uniform(0.35, 0.7)
    canvas.box(margin, y, heading, y + step * 0.9, rng.choice(style.accents))
    y += step * 2
    while y < canvas.height * 0.93:
        x, end = margin, canvas.width - margin * rng.choice([1, 1, 1, 1, 3])
        while x < end:
            word = canvas.width * rng.uniform(0.02, 0.09)
            canvas.box(x, y, min(x + word, end), y + step * 0.42, ink)
            x += word + canvas.width * 0.014
        y += step


def _on_table(canvas: Canvas, rng: Random) -> tuple[float, float, float]:
    """Paint a table top; return the centre and the radius of what lies on it, in pixels."""
    table = jitter(rng, rng.choice(_TABLES), 16)
    canvas.gradient(0, canvas.height, (shade(table, 1.12), shade(table, 0.88)))
    x, y = canvas.width * rng.uniform(0.4, 0.6), canvas.height * rng.uniform(0.44, 0.56)
    size = canvas.height * rng.uniform(0.3, 0.4)
    canvas.ellipse(x + size * 0.05, y + size * 0.1, size * 1.14, size * 1.14, shade(table, 0.6))
    return x, y, size
