"""Small copies of stored images, drawn where a broken picture can do no harm."""

import base64
import io
import multiprocessing
import warnings
from collections.abc import Mapping
from pathlib import Path

from pebble import ProcessPool
from PIL import Image, ImageOps

from carscrape.store import EXTENSIONS

SIDE = 160  # pixels of the longer side
_QUALITY = 70
_SECONDS = 10.0  # for one image
_MOST_PIXELS = 50_000_000
_FORMATS = [mime.removeprefix("image/").upper() for mime in EXTENSIONS]


def thumbnails(paths: Mapping[str, Path]) -> dict[str, str]:
    """Draw images small.

    Returns:
        Id -> data: URI of a JPEG. Those that cannot be drawn are absent: a decoder that hangs or
        dies on strangers' bytes takes its process with it, and nothing else.
    """
    if not paths:
        return {}
    context = multiprocessing.get_context("spawn")
    with ProcessPool(
        1, initializer=warnings.simplefilter, initargs=["ignore"], context=context
    ) as pool:
        drawn = {
            id_: pool.schedule(_thumbnail, args=[path], timeout=_SECONDS)
            for id_, path in paths.items()
        }
        return {
            id_: _data_uri(future.result())
            for id_, future in drawn.items()
            if future.exception() is None
        }


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _thumbnail(path: Path) -> bytes:
    with Image.open(path, formats=_FORMATS) as image:
        if image.width * image.height > _MOST_PIXELS:
            raise ValueError(f"{path} has too many pixels")
        image.draft("RGB", (2 * SIDE, 2 * SIDE))
        return _jpeg(ImageOps.exif_transpose(image).convert("RGBA"))


def _jpeg(image: Image.Image) -> bytes:
    """Small, on white, and without anything that came with the picture."""
    image.thumbnail((SIDE, SIDE))
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image)
    file = io.BytesIO()
    paper.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()
