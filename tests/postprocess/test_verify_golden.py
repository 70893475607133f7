"""Four quarters of known colours in every mode a file may have: what is seen must be right."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from judging import judge
from PIL import Image as Pillow

from postprocess.decoding import decode
from postprocess.pictures import DECODERS, upright_rgb

pytestmark = pytest.mark.accepts("C05")

SIZE = WIDTH, HEIGHT = 192, 144
QUARTERS = ((250, 10, 20), (20, 200, 30), (10, 30, 220), (240, 230, 40))  # in reading order
GREYS = (30, 90, 150, 220)
WHITE, PINK = (255, 255, 255), (255, 127, 127)
STORED_AS = {  # EXIF's number -> what turns the upright picture into the stored one
    1: None,
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_90,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_270,
}


def quarters(mode: str, colours: Any) -> Pillow.Image:
    image = Pillow.new(mode, SIZE)
    for place, colour in enumerate(colours):
        x, y = place % 2 * WIDTH // 2, place // 2 * HEIGHT // 2
        image.paste(colour, (x, y, x + WIDTH // 2, y + HEIGHT // 2))
    return image


def encoded(image: Pillow.Image, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def palette_with_transparency() -> bytes:
    image = quarters("P", range(4))
    image.putpalette([level for colour in QUARTERS for level in colour])
    return encoded(image, "PNG", transparency=0)


def half_transparent_palette() -> bytes:
    image = quarters("P", range(4))
    image.putpalette([255, 0, 0] * 4)
    return encoded(image, "PNG", transparency=bytes((0, 128, 255, 255)))


def rgba(format_: str) -> bytes:
    colours = ((250, 10, 20, 255), (0, 0, 0, 0), (255, 0, 0, 128), (240, 230, 40, 255))
    return encoded(quarters("RGBA", colours), format_, lossless=True)


def sixteen_bits(**options: Any) -> bytes:
    levels = np.repeat(np.repeat(np.reshape(GREYS, (2, 2)), HEIGHT // 2, 0), WIDTH // 2, 1)
    return encoded(Pillow.fromarray((levels * 256 + 7).astype(np.uint16)), "PNG", **options)


def cmyk() -> bytes:
    inks = [(*(255 - level for level in colour), 0) for colour in QUARTERS]
    return encoded(quarters("CMYK", inks), "JPEG", quality=95)


GREY_RGB = tuple((grey,) * 3 for grey in GREYS)
SEEN = {
    "JPEG": (lambda: encoded(quarters("RGB", QUARTERS), "JPEG", quality=95), QUARTERS, False),
    "JPEG in grey": (lambda: encoded(quarters("L", GREYS), "JPEG"), GREY_RGB, False),
    "JPEG in CMYK": (cmyk, QUARTERS, False),
    "PNG": (lambda: encoded(quarters("RGB", QUARTERS), "PNG"), QUARTERS, False),
    "PNG in grey": (lambda: encoded(quarters("L", GREYS), "PNG"), GREY_RGB, False),
    "PNG, 16 bits": (sixteen_bits, GREY_RGB, False),
    "PNG, 16 bits, one level transparent": (
        lambda: sixteen_bits(transparency=GREYS[1] * 256 + 7),
        (GREY_RGB[0], WHITE, *GREY_RGB[2:]),
        True,
    ),
    "PNG, grey and alpha": (
        lambda: encoded(quarters("LA", ((30, 255), (9, 0), (150, 255), (220, 255))), "PNG"),
        (GREY_RGB[0], WHITE, *GREY_RGB[2:]),
        True,
    ),
    "PNG, palette": (palette_with_transparency, (WHITE, *QUARTERS[1:]), True),
    "PNG, palette with alpha": (
        half_transparent_palette,
        (WHITE, PINK, (255, 0, 0), (255, 0, 0)),
        True,
    ),
    "PNG, RGBA": (lambda: rgba("PNG"), (QUARTERS[0], WHITE, PINK, QUARTERS[3]), True),
    "WebP, RGBA": (lambda: rgba("WEBP"), (QUARTERS[0], WHITE, PINK, QUARTERS[3]), True),
    "PNG, opaque RGBA": (
        lambda: encoded(quarters("RGB", QUARTERS).convert("RGBA"), "PNG"),
        QUARTERS,
        False,
    ),
    "GIF": (
        lambda: encoded(quarters("RGB", QUARTERS).quantize(8), "GIF"),
        QUARTERS,
        False,
    ),
}


def small(content: bytes) -> np.ndarray:
    with Pillow.open(io.BytesIO(content), formats=DECODERS) as picture:
        return decode(content, picture, strict=True)


def large(content: bytes) -> np.ndarray:
    """As a network is given it."""
    with Pillow.open(io.BytesIO(content), formats=DECODERS) as picture:
        return np.asarray(upright_rgb(picture))


def middles(rgb: np.ndarray) -> np.ndarray:
    """The colour in the middle of each quarter, in reading order."""
    height, width, _ = rgb.shape
    rows = [[rgb[height * y // 4, width * x // 4] for x in (1, 3)] for y in (1, 3)]
    return np.array(rows, int).reshape(4, 3)


@pytest.mark.parametrize("read", [small, large])
@pytest.mark.parametrize("name", SEEN)
def test_what_is_seen(tmp_path: Path, name: str, read: Callable[[bytes], np.ndarray]) -> None:
    make, expected, transparent = SEEN[name]
    content = make()
    rgb = read(content)
    assert rgb.dtype == np.uint8
    assert np.abs(middles(rgb) - expected).max() <= 4
    assert judge(tmp_path, content).columns["transparent"] == transparent


@pytest.mark.parametrize("read", [small, large])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("number", STORED_AS)
def test_exif_says_which_side_is_up(
    tmp_path: Path, number: int, format_: str, read: Callable[[bytes], np.ndarray]
) -> None:
    turn = STORED_AS[number]
    upright = quarters("RGB", QUARTERS)
    exif = Pillow.Exif()
    exif[0x0112] = number
    stored = upright if turn is None else upright.transpose(turn)
    content = encoded(stored, format_, exif=exif, quality=95)
    rgb = read(content)
    assert rgb.shape[0] < rgb.shape[1]
    assert np.abs(middles(rgb) - QUARTERS).max() <= 16
    assert judge(tmp_path, content).columns["orientation"] == number


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_exif_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    broken = b"Exif\0\0MM\0*\0\0\0\x08\x00\x09\x01\x12"
    content = encoded(quarters("RGB", QUARTERS), "JPEG", exif=broken)
    said = judge(tmp_path, content)
    assert (said.reason, said.columns["orientation"]) == ("ok", 1)
    assert np.abs(middles(large(content)) - QUARTERS).max() <= 16


@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "shape"), [((500, 375), 64), ((64, 300), 64), ((50, 70), 50), ((700, 65), 65)]
)
def test_the_short_side_keeps_64_pixels(format_: str, size: tuple[int, int], shape: int) -> None:
    content = encoded(Pillow.new("RGB", size, (9, 99, 199)), format_)
    short = min(small(content).shape[:2])
    assert shape <= short < 2 * shape
