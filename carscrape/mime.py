"""What a body is, decided from its bytes: an allowed image type with its size, or why not.

No decoder is loaded for it, and nothing of the image is decoded: whether its pixels are sound is
a matter of `postprocess`, which asks a child process.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from carscrape.formats.avif import avif, is_avif
from carscrape.formats.bmp import bmp
from carscrape.formats.gif import gif
from carscrape.formats.jpeg import jpeg
from carscrape.formats.png import png
from carscrape.formats.walk import Limits, Unfit, Walk, broken, cut_short
from carscrape.formats.webp import webp
from carscrape.items import Outcome
from carscrape.store import type_not_stored

_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})  # bytes
_HEAD = 256  # bytes that suffice to tell the types apart

Reader = Callable[[Walk], None]


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the header of an image says: MIME type, and size in pixels."""

    type: str
    width: int
    height: int


def read_header(body: bytes, limits: Limits) -> ImageHeader:
    """Read the type and the size, and see that the limits hold and the end is there.

    Raises:
        Unfit: empty, no image, of a type not stored, beyond a limit, or visibly cut short.
    """
    if not body:
        raise Unfit(Outcome.EMPTY, "no bytes")
    mime, reader = _reader(body)
    walk = Walk(body, limits)
    try:
        reader(walk)
    except (IndexError, struct.error):
        raise cut_short(body) from None
    if not any(walk.size):
        raise broken("no size")
    return ImageHeader(mime, *walk.size)


def _reader(body: bytes) -> tuple[str, Reader]:
    head = body[:_HEAD]
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", jpeg
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", png
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif", gif
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp", webp
    # Text may begin with these two letters.
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "image/bmp", bmp
    if is_avif(head):
        return "image/avif", avif
    mime = type_not_stored(body)
    if mime:
        raise Unfit(Outcome.TYPE_NOT_ALLOWED, mime)
    raise Unfit(Outcome.NOT_AN_IMAGE, f"begins {body[:200]!r}")
