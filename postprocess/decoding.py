"""A file decoded once, to its last bit, into a small picture.

A JPEG is decoded at the smallest scale that keeps 64 pixels on its short side, which still reads
every bit of it; other formats have no such scale and are decoded whole, then made smaller.
"""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import PIL
import simplejpeg
from PIL import Image

from postprocess.pictures import orientation, turned, upright_rgb

SIDE = 64  # pixels that the short side keeps; a signature from fewer is off by 5 bits, not 2
DECODERS_USED = f"Pillow {PIL.__version__}, simplejpeg {simplejpeg.__version__}"

# libjpeg-turbo's interface has no name for the rarer samplings; Pillow's libjpeg decodes them.
_ODD_SAMPLING = "Could not determine subsampling"


def decode(content: bytes, picture: Image.Image, strict: bool) -> npt.NDArray[np.uint8]:
    """Decode the first frame of `picture`, which was opened from `content`.

    Args:
        strict: libjpeg's warnings are damage.

    Returns:
        (height, width, 3): upright, RGB, on white where it is transparent.

    Raises:
        One of `DAMAGED`: it is damaged.
    """
    if picture.format not in ("JPEG", "MPO"):
        return np.asarray(_reduced(upright_rgb(picture)))
    rgb = _strict_jpeg(content) if strict else None
    if rgb is None:
        picture.draft("RGB", (SIDE, SIDE))
        return np.asarray(upright_rgb(picture))
    said = orientation(picture)
    return rgb if said == 1 else np.asarray(turned(Image.fromarray(rgb), said))


def decode_rest(content: bytes, picture: Image.Image, frames: int) -> None:
    """Look at what `decode` did not: a PNG's checksums, and so many frames of an animation.

    Raises:
        One of `DAMAGED`: it is damaged.
    """
    if picture.format == "PNG":
        # Only this sees a missing end and bad checksums outside the pixels.
        with Image.open(BytesIO(content), formats=("PNG",)) as chunks:
            chunks.verify()
    if picture.format not in ("JPEG", "MPO"):
        for frame in range(1, frames):
            picture.seek(frame)
            picture.load()


def _strict_jpeg(content: bytes) -> npt.NDArray[np.uint8] | None:
    """None: the decoder cannot read JPEGs of this kind.

    Raises:
        ValueError: libjpeg has something to object to.
    """
    try:
        rgb: npt.NDArray[np.uint8] = simplejpeg.decode_jpeg(
            content, "RGB", min_height=SIDE, min_width=SIDE, strict=True
        )
    except ValueError as error:
        if _ODD_SAMPLING in str(error):
            return None
        raise
    return rgb


def _reduced(image: Image.Image) -> Image.Image:
    factor = min(image.size) // SIDE
    return image.reduce(factor) if factor > 1 else image
