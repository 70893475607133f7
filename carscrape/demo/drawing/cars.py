"""Cars from the side: four body shapes."""

from dataclasses import dataclass
from random import Random

from carscrape.demo.drawing.canvas import RGB, Canvas, Point, jitter, shade, smooth

_GLASS: RGB = (58, 76, 92)
_TYRE: RGB = (32, 32, 35)
_SEAM = 0.78


@dataclass(frozen=True)
class Body:
    """A side view in car lengths: x from the tail (0) to the nose (1), y up from the ground."""

    outline: tuple[Point, ...]  # clockwise, without the underside
    windows: tuple[tuple[Point, ...], ...]
    doors: tuple[float, ...]  # x of the seams
    belt: float  # height of the line under the windows
    axles: tuple[float, float]
    wheel: float  # radius
    bed: tuple[float, float] | None = None  # a truck's: its two ends


_SEDAN = Body(
    outline=(
        (0.0, 0.09), (0.0, 0.19), (0.02, 0.218), (0.15, 0.23), (0.28, 0.308), (0.4, 0.322),
        (0.51, 0.31), (0.665, 0.226), (0.68, 0.222), (0.88, 0.197), (0.985, 0.165), (1.0, 0.13),
        (0.995, 0.07),
    ),
    windows=(
        ((0.19, 0.228), (0.3, 0.294), (0.404, 0.306), (0.404, 0.306), (0.404, 0.226),
         (0.404, 0.226)),
        ((0.42, 0.226), (0.42, 0.226), (0.42, 0.306), (0.42, 0.306), (0.5, 0.297), (0.63, 0.224)),
    ),
    doors=(0.25, 0.412, 0.62), belt=0.216, axles=(0.195, 0.805), wheel=0.076,
)  # fmt: skip
_SUV = Body(
    outline=(
        (0.0, 0.1), (0.0, 0.27), (0.012, 0.29), (0.04, 0.395), (0.08, 0.412), (0.35, 0.42),
        (0.53, 0.41), (0.56, 0.4), (0.665, 0.295), (0.69, 0.288), (0.93, 0.272), (0.975, 0.265),
        (0.995, 0.23), (1.0, 0.15), (0.995, 0.08),
    ),
    windows=(
        ((0.055, 0.293), (0.055, 0.293), (0.08, 0.385), (0.2, 0.392), (0.2, 0.392), (0.2, 0.29),
         (0.2, 0.29)),
        ((0.22, 0.29), (0.22, 0.29), (0.22, 0.393), (0.22, 0.393), (0.4, 0.396), (0.4, 0.396),
         (0.4, 0.288), (0.4, 0.288)),
        ((0.418, 0.288), (0.418, 0.288), (0.418, 0.395), (0.418, 0.395), (0.53, 0.388),
         (0.625, 0.288), (0.625, 0.288)),
    ),
    doors=(0.23, 0.409, 0.615), belt=0.278, axles=(0.19, 0.8), wheel=0.093,
)  # fmt: skip
_TRUCK = Body(
    outline=(
        (0.0, 0.1), (0.0, 0.1), (0.0, 0.25), (0.0, 0.25), (0.362, 0.25), (0.362, 0.25),
        (0.375, 0.355), (0.4, 0.382), (0.55, 0.386), (0.6, 0.375), (0.695, 0.272), (0.72, 0.266),
        (0.94, 0.252), (0.985, 0.235), (1.0, 0.16), (0.995, 0.08),
    ),
    windows=(
        ((0.392, 0.268), (0.392, 0.268), (0.402, 0.35), (0.42, 0.362), (0.51, 0.366), (0.51, 0.366),
         (0.51, 0.266), (0.51, 0.266)),
        ((0.527, 0.266), (0.527, 0.266), (0.527, 0.366), (0.527, 0.366), (0.585, 0.358),
         (0.665, 0.266), (0.665, 0.266)),
    ),
    doors=(0.366, 0.518, 0.665), belt=0.254, axles=(0.17, 0.815), wheel=0.09,
    bed=(0.012, 0.355),
)  # fmt: skip
_VAN = Body(
    outline=(
        (0.0, 0.09), (0.0, 0.09), (0.0, 0.43), (0.006, 0.455), (0.05, 0.465), (0.4, 0.468),
        (0.7, 0.46), (0.77, 0.435), (0.885, 0.295), (0.97, 0.26), (0.995, 0.21), (0.998, 0.13),
        (0.99, 0.08),
    ),
    windows=(
        ((0.32, 0.3), (0.32, 0.3), (0.32, 0.412), (0.32, 0.412), (0.55, 0.412), (0.55, 0.412),
         (0.55, 0.3), (0.55, 0.3)),
        ((0.595, 0.29), (0.595, 0.29), (0.595, 0.415), (0.595, 0.415), (0.7, 0.415), (0.755, 0.398),
         (0.845, 0.288), (0.845, 0.288)),
    ),
    doors=(0.3, 0.572, 0.835), belt=0.278, axles=(0.2, 0.82), wheel=0.079,
)  # fmt: skip
BODIES: dict[str, Body] = {"car": _SEDAN, "suv": _SUV, "truck": _TRUCK, "van": _VAN}


@dataclass(frozen=True)
class _Pen:
    """Turns car lengths into pixels; stretches the shape above the wheels."""

    canvas: Canvas
    left: float
    ground: float
    length: float  # of the car, pixels
    tall: float  # factor on heights

    def at(self, x: float, y: float) -> Point:
        return self.left + x * self.length, self.ground - y * self.tall * self.length

    def polygon(self, points: tuple[Point, ...], fill: RGB, rounds: int) -> None:
        self.canvas.polygon(smooth([self.at(x, y) for x, y in points], rounds), fill)

    def line(self, points: list[Point], fill: RGB, width: float) -> None:
        self.canvas.line([self.at(x, y) for x, y in points], fill, width * self.length)


def paint_car(
    canvas: Canvas, rng: Random, body: str, paint: RGB, stretch: float, ground: float
) -> None:
    """Draw a car that stands on the height `ground`, nose to the right."""
    length = canvas.width * rng.uniform(0.62, 0.88)
    left = (canvas.width - length) * rng.uniform(0.15, 0.85)
    pen = _Pen(canvas, left, ground, length, 1 + rng.uniform(-stretch, stretch))
    shape = BODIES[body]
    x, y = pen.at(0.5, -0.005)
    canvas.ellipse(x, y, length * 0.53, length * 0.028, (46, 48, 52))
    _body(pen, rng, shape, paint)
    _windows(pen, rng, shape)
    _trim(pen, rng, shape, paint)
    for axle in shape.axles:
        _wheel(pen, rng, axle, shape.wheel)


def _body(pen: _Pen, rng: Random, shape: Body, paint: RGB) -> None:
    clearance = rng.uniform(0.048, 0.062)
    underside = ((0.97, clearance), (0.97, clearance), (0.03, clearance), (0.02, clearance))
    pen.polygon((*shape.outline, *underside), shade(paint, 0.82), 2)
    waist = shape.belt * 0.58
    roof = tuple((x, y) for x, y in shape.outline if y > waist)
    upper = ((0.995, waist), (0.995, waist), (0.004, waist), (0.004, waist))
    pen.polygon((*roof, *upper), paint, 2)
    shine = shade(paint, 1.4)
    pen.line([(0.06, shape.belt * 0.86), (0.9, shape.belt * 0.86)], shine, 0.006)
    if shape.bed:
        start, end = shape.bed
        pen.line([(start, shape.belt - 0.012), (end, shape.belt - 0.012)], shade(paint, 0.5), 0.012)


def _windows(pen: _Pen, rng: Random, shape: Body) -> None:
    glass = jitter(rng, _GLASS, 14)
    for window in shape.windows:
        pen.polygon(window, glass, 1)
        low, high = (f(y for _, y in window) for f in (min, max))
        middle = sum(x for x, _ in window) / len(window)
        pen.line(
            [(middle - 0.015, low + 0.016), (middle + 0.012, high - 0.016)],
            shade(glass, 1.3),
            0.008,
        )


def _trim(pen: _Pen, rng: Random, shape: Body, paint: RGB) -> None:
    seam = shade(paint, _SEAM) if sum(paint) > 150 else shade(paint, 1.25)
    for x in shape.doors:
        pen.line([(x, shape.belt - 0.004), (x, 0.085)], seam, 0.004)
    for x in shape.doors[:-1]:
        handle = x + 0.02
        pen.line([(handle, shape.belt - 0.035), (handle + 0.032, shape.belt - 0.035)], seam, 0.008)
    pen.line([(0.0, 0.1), (0.03, 0.1)], shade(paint, 0.5), 0.014)
    pen.line([(0.96, 0.1), (0.99, 0.1)], shade(paint, 0.5), 0.014)
    lamp = shape.belt * 0.78
    pen.polygon(
        ((0.925, lamp), (0.93, lamp + 0.02), (0.98, lamp + 0.008), (0.985, lamp - 0.014)),
        (255, 244, 200),
        1,
    )
    pen.polygon(
        ((0.004, lamp - 0.02), (0.004, lamp + 0.03), (0.03, lamp + 0.03), (0.026, lamp - 0.02)),
        (206, 34, 30),
        1,
    )
    mirror = shape.windows[-1][-1]
    x, y = pen.at(mirror[0] - 0.02, mirror[1] + 0.018)
    pen.canvas.ellipse(x, y, pen.length * 0.018, pen.length * 0.013, shade(paint, 0.7))


def _wheel(pen: _Pen, rng: Random, axle: float, radius: float) -> None:
    x, y = pen.left + axle * pen.length, pen.ground - radius * pen.length
    size = radius * pen.length
    pen.canvas.ellipse(x, y, size * 1.16, size * 1.16, (22, 22, 25))
    pen.canvas.ellipse(x, y, size, size, _TYRE)
    pen.canvas.ellipse(x, y, size * 0.66, size * 0.66, jitter(rng, (186, 188, 192), 12))
    pen.canvas.ellipse(x, y, size * 0.52, size * 0.52, (104, 106, 110))
    first = rng.uniform(0, 72)
    for spoke in range(5):
        angle = first + spoke * 72
        pen.canvas.wedge(x, y, size * 0.56, (angle - 13, angle + 13), (196, 198, 202))
    pen.canvas.ellipse(x, y, size * 0.16, size * 0.16, (150, 152, 156))
