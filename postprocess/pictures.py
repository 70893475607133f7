"""The formats a store holds, as Pillow knows them, and how a picture of any of them is looked at.

The crawl has a table of its own: what it lets in and what is opened here need not be the same.
"""

import warnings

from PIL import Image, ImageOps

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


def silence_pillow() -> None:
    """Switch off Pillow's remarks on odd metadata, in this process and all its threads."""
    warnings.filterwarnings("ignore", module="PIL")


def upright_rgb(image: Image.Image) -> Image.Image:
    """The picture as people see it: turned upright, in RGB, on white where it is transparent.

    Raises:
        OSError, SyntaxError, ValueError and whatever else Pillow raises on a damaged file.
    """
    upright: Image.Image = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        upright = _eight_bits(upright)
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    layer = upright.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _eight_bits(grey: Image.Image) -> Image.Image:
    """Sixteen bits scaled to eight; Pillow's own conversion makes white of all above 255."""
    scaled = grey.point(lambda value: value * (1 / 256)).convert("L")
    scaled.info.pop("transparency", None)  # a level of sixteen bits
    return scaled
