"""A canvas measured in the pixels of the finished picture, drawn at twice the size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from PIL import Image, ImageDraw

RGB = tuple[int, int, int]
Point = tuple[float, float]

_SCALE = 2  # drawn this much larger, then reduced: smooth edges


def shade(color: RGB, factor: float) -> RGB:
    """The colour made darker (factor < 1) or lighter (factor > 1)."""
    if factor <= 1:
        return _rgb([c * factor for c in color])
    return _rgb([c + (255 - c) * min(factor - 1, 1) for c in color])


def jitter(rng: Random, color: RGB, amount: int) -> RGB:
    """The colour made lighter or darker by up to `amount`, and its hue moved a little."""
    level = rng.randint(-amount, amount)
    return _rgb([c + level + rng.randint(-amount // 3, amount // 3) for c in color])


def smooth(points: Sequence[Point], rounds: int = 2) -> list[Point]:
    """The closed polygon with its corners cut (Chaikin); a point given twice stays sharper."""
    for _ in range(rounds):
        cut: list[Point] = []
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
            cut.append((0.75 * x0 + 0.25 * x1, 0.75 * y0 + 0.25 * y1))
            cut.append((0.25 * x0 + 0.75 * x1, 0.25 * y0 + 0.75 * y1))
        points = cut
    return list(points)


@dataclass
class Canvas:
    """An RGB picture being drawn; x to the right, y down."""

    width: int
    height: int
    _image: Image.Image = field(init=False)
    _draw: ImageDraw.ImageDraw = field(init=False)

    def __post_init__(self) -> None:
        self._image = Image.new("RGB", (self.width * _SCALE, self.height * _SCALE))
        self._draw = ImageDraw.Draw(self._image)

    def gradient(self, top: float, bottom: float, colors: tuple[RGB, RGB]) -> None:
        """Fill the full width between two heights with a vertical gradient."""
        first, last = round(top * _SCALE), round(bottom * _SCALE)
        if last <= first:
            return
        column = Image.new("RGB", (1, 2))
        column.putpixel((0, 0), colors[0])
        column.putpixel((0, 1), colors[1])
        column = column.resize((1, last - first), Image.Resampling.BILINEAR)
        self._image.paste(
            column.resize((self._image.width, last - first), Image.Resampling.NEAREST), (0, first)
        )

    def polygon(self, points: Sequence[Point], fill: RGB) -> None:
        """Fill a polygon."""
        self._draw.polygon(_scaled(points), fill=fill)

    def line(self, points: Sequence[Point], fill: RGB, width: float) -> None:
        """Draw a line through the points."""
        self._draw.line(
            _scaled(points), fill=fill, width=max(1, round(width * _SCALE)), joint="curve"
        )

    def box(self, left: float, top: float, right: float, bottom: float, fill: RGB) -> None:
        """Fill an upright rectangle."""
        self._draw.rectangle(_scaled([(left, top), (right, bottom)]), fill=fill)

    def rounded(
        self, left: float, top: float, right: float, bottom: float, radius: float, fill: RGB
    ) -> None:
        """Fill an upright rectangle with round corners."""
        corners = _scaled([(left, top), (right, bottom)])
        self._draw.rounded_rectangle(corners, radius=radius * _SCALE, fill=fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: RGB) -> None:
        """Fill an ellipse around (x, y)."""
        self._draw.ellipse(_scaled([(x - rx, y - ry), (x + rx, y + ry)]), fill=fill)

    def ring(self, x: float, y: float, radius: float, fill: RGB, width: float) -> None:
        """Draw a circle's edge around (x, y)."""
        edge = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.ellipse(edge, outline=fill, width=max(1, round(width * _SCALE)))

    def wedge(self, x: float, y: float, radius: float, angles: Point, fill: RGB) -> None:
        """Fill a slice of a disc between two angles in degrees."""
        edge = _scaled([(x - radius, y - radius), (x + radius, y + radius)])
        self._draw.pieslice(edge, *angles, fill=fill)

    def finish(self, light: RGB = (255, 255, 255), *, flip: bool = False) -> Image.Image:
        """The finished picture under a light of this colour (white changes nothing)."""
        image = self._image.reduce(_SCALE)
        image = image.point([v * level // 255 for level in light for v in range(256)])
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else image


def _scaled(points: Sequence[Point]) -> list[Point]:
    return [(x * _SCALE, y * _SCALE) for x, y in points]


def _rgb(channels: Sequence[float]) -> RGB:
    red, green, blue = (max(0, min(255, round(c))) for c in channels)
    return red, green, blue
