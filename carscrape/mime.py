"""What a body is, decided from its bytes: an allowed image type with its size, or why not."""

import struct
import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from carscrape.items import Outcome
from carscrape.store import type_not_stored

# Named here, these decoders are registered and Pillow has no reason to load all the others.
DECODERS = (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

ALLOWED_FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
}
"""Pillow's formats that are opened, and the MIME types they stand for."""

_ALLOWED_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")
_TAIL = 4096  # bytes searched for an end mark: some writers append a little


class Unfit(Exception):  # noqa: N818
    """The body is not an image we store; `outcome` and `detail` say why."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the header of an image says: MIME type, and size in pixels."""

    type: str
    width: int
    height: int


def use_own_limits() -> None:
    """Switch off Pillow's guard against huge pictures, and its remarks, for this process.

    `max_pixels` and the outcome of an image say both.
    """
    Image.MAX_IMAGE_PIXELS = None
    warnings.filterwarnings("ignore", module="PIL")


def read_header(body: bytes, max_pixels: int) -> ImageHeader:
    """Read type and size from the first bytes; nothing is decoded.

    Raises:
        Unfit: empty, no image, of a type not stored, too many pixels, or visibly cut short.
    """
    if not body:
        raise Unfit(Outcome.EMPTY, "no bytes")
    try:
        with Image.open(BytesIO(body), formats=tuple(ALLOWED_FORMATS)) as image:
            # A JPEG with more pictures behind the first calls itself MPO.
            mime = ALLOWED_FORMATS.get(image.format or "", "image/jpeg")
            header = ImageHeader(mime, *image.size)
    except UnidentifiedImageError:
        raise _not_an_allowed_image(body) from None
    except (OSError, SyntaxError, ValueError, IndexError, RuntimeError, struct.error) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the system's, not Pillow's: it says nothing of the image
        # A header of an allowed type that breaks off or contradicts itself.
        raise Unfit(Outcome.TRUNCATED, f"broken header: {type(error).__name__}") from None
    if header.width * header.height > max_pixels:
        detail = f"{header.width} x {header.height} pixels"
        raise Unfit(Outcome.TOO_MANY_PIXELS, detail)
    if _cut_short(header.type, body):
        raise Unfit(Outcome.TRUNCATED, f"{header.type} without its end, {len(body)} bytes")
    return header


def _not_an_allowed_image(body: bytes) -> Unfit:
    mime = type_not_stored(body)
    if mime:
        return Unfit(Outcome.TYPE_NOT_ALLOWED, mime)
    if body.startswith(_ALLOWED_MAGIC) or (body[:4] == b"RIFF" and body[8:12] == b"WEBP"):
        return Unfit(Outcome.TRUNCATED, f"broken header, {len(body)} bytes")
    return Unfit(Outcome.NOT_AN_IMAGE, f"begins {body[:200]!r}")


def _cut_short(mime: str, body: bytes) -> bool:
    """Say whether the end that the format prescribes is missing."""
    tail = body[-_TAIL:]
    if mime == "image/jpeg":
        return b"\xff\xd9" not in tail
    if mime == "image/png":
        return b"IEND" not in tail
    if mime == "image/webp":
        return int.from_bytes(body[4:8], "little") + 8 > len(body)
    if mime == "image/bmp":
        # Some writers leave the size field at 0.
        return int.from_bytes(body[2:6], "little") > len(body)
    return False
