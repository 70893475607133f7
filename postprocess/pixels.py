"""An image file as the pixels a network is given."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL
from PIL import Image, ImageOps

FILTER = Image.Resampling.BILINEAR
DECODER = f"Pillow {PIL.__version__}, draft at 2 x, bilinear"
"""What turns a file into pixels: another decoder or filter moves them by 1 to 4 grey levels."""


def read_pixels(path: Path, size: int) -> npt.NDArray[np.uint8]:
    """The whole picture upright in RGB, on white where transparent: (size, size, 3), uint8.

    It is squashed to a square: a centre crop loses a tenth of the cars, which fill their pictures.

    Raises:
        OSError, SyntaxError, ValueError and whatever else Pillow raises on a damaged file.
    """
    with Image.open(path) as opened:
        opened.draft("RGB", (2 * size, 2 * size))  # a large JPEG is decoded at a smaller scale
        upright: Image.Image = ImageOps.exif_transpose(opened)
        image = _on_white(upright) if upright.has_transparency_data else upright.convert("RGB")
    return np.asarray(image.resize((size, size), FILTER))


def _on_white(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")
