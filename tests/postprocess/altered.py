"""Pictures as copies of them are met on the web: made smaller, framed, marked, cropped."""

from collections.abc import Callable
from io import BytesIO
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

Change = Callable[[Image.Image], Image.Image]


def _scaled(factor: float) -> Change:
    return lambda picture: picture.resize(
        (max(1, round(picture.width * factor)), max(1, round(picture.height * factor))),
        Image.Resampling.LANCZOS,
    )


def _framed(share: float, color: str) -> Change:
    return lambda picture: ImageOps.expand(picture, round(share * min(picture.size)), color)


def _letterboxed(share: float, color: str) -> Change:
    """Bars above and below, each of this share of the height."""

    def change(picture: Image.Image) -> Image.Image:
        bar = round(share * picture.height)
        return ImageOps.expand(picture, (0, bar, 0, bar), color)

    return change


def _cropped(keep: float, left: float = 0.5, top: float = 0.5) -> Change:
    """Keep this share of each side; `left` and `top` say where from (0 to 1)."""

    def change(picture: Image.Image) -> Image.Image:
        width, height = round(picture.width * keep), round(picture.height * keep)
        x, y = round((picture.width - width) * left), round((picture.height - height) * top)
        return picture.crop((x, y, x + width, y + height))

    return change


def _cropped_anywhere(picture: Image.Image) -> Image.Image:
    """Another place for each picture, and always the same."""
    left, top = Random(picture.tobytes()).choices(range(11), k=2)
    return _cropped(0.95, left / 10, top / 10)(picture)


def _marked(picture: Image.Image) -> Image.Image:
    """Words across the middle, through which the picture is seen."""
    size = max(8, picture.width // 9)
    layer = Image.new("RGBA", picture.size)
    centre = picture.width / 2, picture.height / 2
    font = ImageFont.load_default(size)
    ImageDraw.Draw(layer).text(centre, "SampleStock", (255, 255, 255, 150), font, anchor="mm")
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _with_logo(picture: Image.Image) -> Image.Image:
    """A solid sign of a twenty-fifth of the area in the middle."""
    marked = picture.copy()
    x, y = picture.width / 2, picture.height / 2
    reach = 0.1 * picture.width, 0.1 * picture.height
    draw = ImageDraw.Draw(marked)
    draw.ellipse((x - reach[0], y - reach[1], x + reach[0], y + reach[1]), "red", "white", 3)
    return marked


def _with_strip(picture: Image.Image) -> Image.Image:
    """The lowest twelfth covered by a strip with words on it."""
    marked = picture.copy()
    draw = ImageDraw.Draw(marked)
    top = round(picture.height * 11 / 12)
    draw.rectangle((0, top, picture.width, picture.height), (30, 30, 30))
    font = ImageFont.load_default(max(8, (picture.height - top) * 0.7))
    centre = picture.width / 2, (top + picture.height) / 2
    draw.text(centre, "www.cars.example", (240, 240, 240), font, anchor="mm")
    return marked


def _brighter(factor: float) -> Change:
    return lambda picture: ImageEnhance.Brightness(picture).enhance(factor)


def _with_other_hue(picture: Image.Image) -> Image.Image:
    """Hues turned by a third of the circle."""
    pixels = np.asarray(picture.convert("HSV")).copy()
    pixels[..., 0] += 85
    return Image.fromarray(pixels, "HSV").convert("RGB")


COPIES: dict[str, Change] = {
    "resized to a quarter": _scaled(0.5),
    "re-compressed to quality 30": lambda picture: picture,
    "framed 3 % white": _framed(0.03, "white"),
    "framed 3 % black": _framed(0.03, "black"),
    "framed 8 % white": _framed(0.08, "white"),
    "framed 8 % black": _framed(0.08, "black"),
    "letterboxed 3 % white": _letterboxed(0.03, "white"),
    "letterboxed 3 % black": _letterboxed(0.03, "black"),
    "letterboxed 8 % white": _letterboxed(0.08, "white"),
    "letterboxed 8 % black": _letterboxed(0.08, "black"),
    "marked with words": _marked,
    "marked with a logo": _with_logo,
    "strip at the foot": _with_strip,
    "cropped by 5 % of the area": _cropped(0.95**0.5),
    "brightness 0.8": _brighter(0.8),
    "brightness 1.2": _brighter(1.2),
}
"""What is still the same picture."""

CROPS: dict[str, Change] = {
    "5 % of each side, centred": _cropped(0.90),
    "5 % of width and height, anywhere": _cropped_anywhere,
    "5 % of width and height, in a corner": _cropped(0.95, 0.0, 0.0),
}
"""The hardest copies: stated apart."""

OTHERS: dict[str, Change] = {
    "mirrored": ImageOps.mirror,
    "recoloured": _with_other_hue,
}
"""What is another picture, or of another label."""


def colour_change(picture: Image.Image, changed: Image.Image) -> float:
    """The mean difference of Cb and Cr, in levels, pixel by pixel."""
    one, other = (
        np.asarray(side.convert("YCbCr"), np.int16)[..., 1:] for side in (picture, changed)
    )
    return float(np.abs(one - other).mean())


def encoded(picture: Image.Image, quality: int = 88) -> bytes:
    """As a JPEG."""
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


def altered(picture: Image.Image, name: str) -> bytes:
    """The JPEG of a picture after the change of this name."""
    change = {**COPIES, **CROPS, **OTHERS}[name]
    return encoded(change(picture), 30 if name == "re-compressed to quality 30" else 88)
