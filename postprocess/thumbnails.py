"""Small copies of stored images, drawn where a broken picture can do no harm."""

import base64
import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from postprocess.pictures import DECODERS, upright_rgb
from postprocess.process_pool import process_pool

SIDE = 160  # pixels of the longer side
_QUALITY = 70
SECONDS = 10.0  # for one image
_MOST_PIXELS = 50_000_000


def thumbnails(paths: Mapping[str, Path]) -> dict[str, str]:
    """Draw images small.

    Returns:
        Id -> data: URI of a JPEG. Those that cannot be drawn are absent: a decoder that hangs or
        dies on strangers' bytes takes its process with it, and nothing else.
    """
    if not paths:
        return {}
    with process_pool(1) as pool:
        drawn = {
            id_: pool.schedule(draw, args=[path, SIDE, _QUALITY], timeout=SECONDS)
            for id_, path in paths.items()
        }
        return {
            id_: _data_uri(future.result())
            for id_, future in drawn.items()
            if future.exception() is None
        }


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def draw(path: Path, side: int, quality: int) -> bytes:
    """Draw one image as a JPEG whose longer side has at most so many pixels, in a child process.

    Raises:
        ValueError: it has too many pixels.
        What Pillow raises on a damaged file.
    """
    with Image.open(path, formats=DECODERS) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError(f"{path} has too many pixels")
        image.draft("RGB", (2 * side, 2 * side))
        return _jpeg(upright_rgb(image), side, quality)


def _jpeg(image: Image.Image, side: int, quality: int) -> bytes:
    """Small, and without anything that came with the picture."""
    image.thumbnail((side, side))
    image.info.clear()
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()
