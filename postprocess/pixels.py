"""An image file as the pixels that are looked at."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import PIL
from PIL import Image

from postprocess.pictures import DECODERS, upright_rgb

FILTER = Image.Resampling.BILINEAR
SHARPNESS_SIDE = 512  # pixels of the longer side at which sharpness is measured
DECODER = f"Pillow {PIL.__version__}, draft at {SHARPNESS_SIDE} or twice the input, bilinear"
"""What turns a file into pixels: another decoder or filter moves them by 1 to 4 grey levels."""


def read_picture(content: bytes, side: int) -> Image.Image:
    """The whole picture upright in RGB, on white where transparent.

    Args:
        side: pixels; a JPEG whose sides are larger may come smaller, but none below this.

    Raises:
        OSError, SyntaxError, ValueError and whatever else Pillow raises on a damaged file.
    """
    with Image.open(BytesIO(content), formats=DECODERS) as image:
        image.draft("RGB", (side, side))  # a large JPEG is decoded at a smaller scale
        return upright_rgb(image)


def squashed(picture: Image.Image, size: int) -> npt.NDArray[np.uint8]:
    """The picture as a square: (size, size, 3), uint8.

    A centre crop would lose a tenth of the cars, which fill their pictures.
    """
    return np.asarray(picture.resize((size, size), FILTER))


def read_pixels(content: bytes, size: int) -> npt.NDArray[np.uint8]:
    """A file as a square of pixels: (size, size, 3), uint8.

    Raises:
        OSError, SyntaxError, ValueError and whatever else Pillow raises on a damaged file.
    """
    return squashed(read_picture(content, max(2 * size, SHARPNESS_SIDE)), size)


def sharpness(picture: Image.Image) -> float:
    """The variance of the Laplacian of the luminance, in grey levels squared; blurred is low.

    It is measured where the longer side has `SHARPNESS_SIDE` pixels; a smaller picture stays as it
    is, since enlarging would blur it.
    """
    grey = picture.convert("L")
    grey.thumbnail((SHARPNESS_SIDE, SHARPNESS_SIDE), FILTER, reducing_gap=None)
    rows = np.asarray(grey).astype(np.int16)
    around = rows[:-2, 1:-1] + rows[2:, 1:-1] + rows[1:-1, :-2] + rows[1:-1, 2:]
    edges = 4 * rows[1:-1, 1:-1] - around
    return float(edges.var(dtype=np.float32)) if edges.size else 0.0
