"""The formats a store holds, as Pillow knows them, and how a picture of any of them is looked at.

The crawl has a table of its own: what it lets in and what is opened here need not be the same.
"""

import struct
import warnings
import zlib

import numpy as np

# If one of `DECODERS` were not there yet, Pillow would load all that it has, to find it.
import PIL.AvifImagePlugin
import PIL.WebPImagePlugin  # noqa: F401
from PIL import ExifTags, Image

MIME_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with more pictures behind the first
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
}
"""What Pillow calls the formats that are allowed, and their types."""

DECODERS = tuple(name for name in MIME_TYPES if name != "MPO")  # opened by the decoder of JPEG
"""The only decoders that strangers' bytes may reach: the `formats` of `Image.open`."""

DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow really raises on damaged files, beside its own errors."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def silence_pillow() -> None:
    """Switch off Pillow's remarks on odd metadata, in this process and all its threads."""
    warnings.filterwarnings("ignore", module="PIL")


def orientation(image: Image.Image) -> int:
    """EXIF's number, 1 to 8; 1 (upright) where there is none that can be read."""
    try:
        said = image.getexif().get(ExifTags.Base.Orientation)
    except DAMAGED:  # metadata that is broken does not make the picture so
        return 1
    return said if said in _TURNS else 1


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture upright, if this is how it was stored."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def upright_rgb(image: Image.Image) -> Image.Image:
    """The picture as people see it: turned upright, in RGB, on white where it is transparent.

    Raises:
        OSError, SyntaxError, ValueError and whatever else Pillow raises on a damaged file.
    """
    layer = turned(_plain(image), orientation(image))
    if layer.mode == "RGB":
        return layer
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def see_through(image: Image.Image) -> bool:
    """Say whether any pixel is less than opaque."""
    if not image.has_transparency_data:
        return False
    alpha = _plain(image).convert("RGBA").getchannel("A")
    return not all(alpha.point(lambda value: value == 255).getextrema())


def _plain(image: Image.Image) -> Image.Image:
    """In RGB, or in RGBA if any of it may be transparent."""
    image.load()  # a PNG's level of transparency may be known only then
    if image.mode.startswith("I"):
        return _eight_bits(image)
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _eight_bits(grey: Image.Image) -> Image.Image:
    """Sixteen bits scaled to eight; Pillow's own conversion makes white of all above 255."""
    scaled = grey.point(lambda value: value * (1 / 256)).convert("L")
    level = scaled.info.pop("transparency", None)  # of sixteen bits
    if level is None:
        return scaled.convert("RGB")
    scaled.putalpha(Image.fromarray(np.asarray(grey) != level).convert("L"))
    return scaled.convert("RGBA")
