"""Backgrounds: sky, horizon, ground."""

from random import Random

from carscrape.demo.drawing.canvas import RGB, Canvas, jitter, shade
from carscrape.demo.drawing.style import Backdrop, Style


def paint_backdrop(canvas: Canvas, rng: Random, backdrop: Backdrop, horizon: float) -> None:
    """Fill the whole canvas with a scene whose ground begins at the height `horizon`."""
    sky_top, sky_bottom = rng.choice(backdrop.skies)
    canvas.gradient(0, horizon, (jitter(rng, sky_top, 14), jitter(rng, sky_bottom, 14)))
    far, near = backdrop.ground
    if backdrop.skyline:
        _SKYLINES[backdrop.skyline](canvas, rng, backdrop.far, horizon)
    canvas.gradient(horizon, canvas.height, (jitter(rng, far, 10), jitter(rng, near, 10)))
    if backdrop.marks:
        _MARKS[backdrop.marks](canvas, rng, near, horizon)


def place(
    canvas: Canvas, rng: Random, backdrops: tuple[Backdrop, ...], style: Style, share: float
) -> tuple[float, float, float]:
    """Paint a scene; return where in it the thing stands, (x, ground), and its size in pixels."""
    horizon = canvas.height * rng.uniform(0.5, 0.68)
    paint_backdrop(canvas, rng, rng.choice(backdrops), horizon)
    size = canvas.height * share * rng.uniform(0.85 - style.stretch, 1.05 + style.stretch)
    ground = canvas.height * rng.uniform(0.78, 0.9)
    return canvas.width * rng.uniform(0.36, 0.64), ground, size


def _hills(canvas: Canvas, rng: Random, colors: tuple[RGB, ...], horizon: float) -> None:
    for color in reversed(colors):
        for _ in range(3):
            x, rx = rng.uniform(0, canvas.width), canvas.width * rng.uniform(0.2, 0.5)
            canvas.ellipse(x, horizon, rx, canvas.height * rng.uniform(0.05, 0.16), color)


def _dunes(canvas: Canvas, rng: Random, colors: tuple[RGB, ...], horizon: float) -> None:
    for color in reversed(colors):
        height = canvas.height * rng.uniform(0.03, 0.14)
        steps = 6
        ridge = [
            (canvas.width * i / steps, horizon - height * rng.uniform(0.3, 1))
            for i in range(steps + 1)
        ]
        canvas.polygon([(0, horizon), *ridge, (canvas.width, horizon)], jitter(rng, color, 12))


def _buildings(canvas: Canvas, rng: Random, colors: tuple[RGB, ...], horizon: float) -> None:
    x = -canvas.width * rng.uniform(0, 0.1)
    while x < canvas.width:
        width = canvas.width * rng.uniform(0.1, 0.22)
        top = horizon - canvas.height * rng.uniform(0.14, 0.42)
        wall = jitter(rng, rng.choice(colors), 16)
        canvas.box(x, top, x + width, horizon, wall)
        _windows(canvas, rng, (x, top, x + width, horizon), wall)
        x += width


def _showroom(canvas: Canvas, rng: Random, colors: tuple[RGB, ...], horizon: float) -> None:
    x = -canvas.width * rng.uniform(0, 0.2)
    while x < canvas.width:
        width = canvas.width * rng.uniform(0.12, 0.34)
        wall = jitter(rng, rng.choice(colors), 16)
        canvas.box(x, 0, x + width, horizon, wall)
        left, top = x + width * rng.uniform(0.1, 0.4), horizon * rng.uniform(0.08, 0.5)
        right, bottom = x + width * rng.uniform(0.6, 0.9), horizon * rng.uniform(0.6, 0.95)
        canvas.box(left, top, right, bottom, shade(wall, rng.choice([0.75, 0.88, 1.5])))
        x += width


def _windows(
    canvas: Canvas, rng: Random, walls: tuple[float, float, float, float], wall: RGB
) -> None:
    left, top, right, bottom = walls
    pane = shade(wall, rng.choice([0.7, 1.35]))
    columns = rng.randint(3, 4)
    step = (right - left) / (columns + 0.4)
    y = top + step * 0.5
    while y + step < bottom:
        for i in range(columns):
            x = left + step * (0.4 + i)
            canvas.box(x, y, x + step * 0.55, y + step * 0.6, pane)
        y += step * 1.15


def _trees(canvas: Canvas, rng: Random, colors: tuple[RGB, ...], horizon: float) -> None:
    for _ in range(rng.randint(5, 11)):
        x, size = rng.uniform(0, canvas.width), canvas.height * rng.uniform(0.05, 0.13)
        color = jitter(rng, rng.choice(colors), 16)
        canvas.box(x - size * 0.08, horizon - size, x + size * 0.08, horizon, (88, 70, 54))
        canvas.ellipse(x, horizon - size * 1.05, size * 0.6, size * 0.75, color)


def _lane(canvas: Canvas, rng: Random, _ground: RGB, horizon: float) -> None:
    depth = canvas.height - horizon
    canvas.box(0, horizon, canvas.width, horizon + depth * 0.05, (206, 204, 190))
    y, x = horizon + depth * rng.uniform(0.68, 0.82), -canvas.width * rng.uniform(0, 0.2)
    while x < canvas.width:
        right = x + canvas.width * 0.13
        canvas.box(x, y, right, y + depth * 0.06, (226, 222, 204))
        x += canvas.width * 0.23


def _kerb(canvas: Canvas, rng: Random, ground: RGB, horizon: float) -> None:
    depth = canvas.height - horizon
    stone = jitter(rng, (176, 174, 168), 10)
    canvas.box(0, horizon, canvas.width, horizon + depth * 0.22, stone)
    canvas.box(0, horizon + depth * 0.22, canvas.width, horizon + depth * 0.27, shade(ground, 0.7))


def _grass(canvas: Canvas, rng: Random, ground: RGB, horizon: float) -> None:
    for _ in range(70):
        x, y = rng.uniform(0, canvas.width), rng.uniform(horizon, canvas.height)
        size = 2 + 5 * (y - horizon) / (canvas.height - horizon)
        blade = shade(ground, rng.uniform(0.8, 1.3))
        canvas.line([(x, y), (x + rng.uniform(-2, 2), y - size)], blade, 1)


def _waves(canvas: Canvas, rng: Random, ground: RGB, horizon: float) -> None:
    for _ in range(40):
        x, y = rng.uniform(0, canvas.width), rng.uniform(horizon, canvas.height)
        size = 4 + 24 * (y - horizon) / (canvas.height - horizon)
        canvas.line([(x, y), (x + size, y)], shade(ground, rng.uniform(1.15, 1.5)), 1)


def _tiles(canvas: Canvas, rng: Random, ground: RGB, horizon: float) -> None:
    seam = shade(ground, 0.86)
    vanishing = canvas.width * rng.uniform(0.3, 0.7)
    for i in range(-8, 9):
        foot = vanishing + i * canvas.width * 0.22
        head = vanishing + i * canvas.width * 0.09
        canvas.line([(head, horizon), (foot, canvas.height)], seam, 1)
    for share in (0.12, 0.32, 0.62):
        y = horizon + (canvas.height - horizon) * share
        canvas.line([(0, y), (canvas.width, y)], seam, 1)


_SKYLINES = {
    "hills": _hills,
    "dunes": _dunes,
    "buildings": _buildings,
    "trees": _trees,
    "showroom": _showroom,
}
_MARKS = {"lane": _lane, "kerb": _kerb, "grass": _grass, "waves": _waves, "tiles": _tiles}
