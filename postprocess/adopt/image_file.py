"""What an image file is, from its header; nothing is decoded."""

import struct
import warnings
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from carscrape.items import Outcome
from carscrape.store import type_not_stored
from postprocess.pictures import DECODERS, MIME_TYPES

# What the decoders raise for headers that break off or contradict themselves.
_BROKEN = (OSError, SyntaxError, ValueError, IndexError, RuntimeError, struct.error)


class Unfit(Exception):  # noqa: N818
    """The file is no image that a store holds; `outcome` and `detail` say why."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Header:
    """MIME type, decided from the content, and size in pixels."""

    type: str
    width: int
    height: int


def read_header(file: BinaryIO) -> Header:
    """Read type and size from the beginning of a file.

    Raises:
        Unfit: it is empty, no image, of a type not stored, or bigger than Pillow opens.
    """
    head = file.read(1024)
    if not head:
        raise Unfit(Outcome.EMPTY, "no bytes")
    mime = type_not_stored(head)
    if mime:
        raise Unfit(Outcome.TYPE_NOT_ALLOWED, mime)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata, many pixels: verify judges the image
            with Image.open(file, formats=DECODERS) as image:
                return Header(MIME_TYPES[image.format or ""], *image.size)
    except UnidentifiedImageError:
        raise Unfit(Outcome.NOT_AN_IMAGE, "no image header") from None
    except Image.DecompressionBombError as error:
        raise Unfit(Outcome.TOO_MANY_PIXELS, str(error)) from None
    except _BROKEN as error:
        raise Unfit(Outcome.NOT_AN_IMAGE, f"broken header: {type(error).__name__}") from None
