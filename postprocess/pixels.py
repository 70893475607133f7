"""An image file as the pixels a network is given."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import PIL
from PIL import Image

from postprocess.pictures import DECODERS, upright_rgb

FILTER = Image.Resampling.BILINEAR
DECODER = f"Pillow {PIL.__version__}, draft at 2 x, bilinear"
"""What turns a file into pixels: another decoder or filter moves them by 1 to 4 grey levels."""


def read_pixels(content: bytes, size: int) -> npt.NDArray[np.uint8]:
    """The whole picture upright in RGB, on white where transparent: (size, size, 3), uint8.

    It is squashed to a square: a centre crop loses a tenth of the cars, which fill their pictures.

    Raises:
        OSError, SyntaxError, ValueError and whatever else Pillow raises on a damaged file.
    """
    with Image.open(BytesIO(content), formats=DECODERS) as image:
        image.draft("RGB", (2 * size, 2 * size))  # a large JPEG is decoded at a smaller scale
        return np.asarray(upright_rgb(image).resize((size, size), FILTER))
