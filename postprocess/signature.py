"""What of a picture is compared to find its copies, made once, while it is decoded.

A uniform frame is left out before anything is measured, so that a framed copy has the signature of
its original. The values are part of verify's verdicts: who changes them raises verify's version.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import simplejpeg
from PIL import Image

THUMB_SIDE, CHROMA_SIDE, LOOK_SIDE = 32, 8, 64  # pixels

SIGNATURE_COLUMNS = pa.schema(
    [
        pa.field("hash", pa.uint64()),  # 8x8 gradients (dHash)
        pa.field("hash_crop", pa.uint64()),  # the same of the middle
        pa.field("thumb", pa.binary(THUMB_SIDE**2)),  # grey, row by row
        pa.field("chroma", pa.binary(2 * CHROMA_SIDE**2)),  # all of Cb, then all of Cr
        pa.field("look", pa.binary()),  # grey, LOOK_SIDE x LOOK_SIDE, as JPEG of 1.1 kB
    ]
)

_FLAT = 10  # levels that a frame's pixels may be off its own
_MOST_FRAME = 0.25  # of a side, at each end
_EDGES = (0.0, 1.6)  # pixels that a hash leaves out on each side of a thumb: none, and 5 %
_LOOK_QUALITY = 60
_BOX, _BILINEAR = Image.Resampling.BOX, Image.Resampling.BILINEAR

_Grey = npt.NDArray[np.uint8]


def sign(rgb: npt.NDArray[np.uint8]) -> dict[str, Any]:
    """The values of `SIGNATURE_COLUMNS`.

    Args:
        rgb: (height, width, 3), upright, on white: a small decode with about 64 pixels on the short
            side; more cost time and change nothing.
    """
    height, width, _ = rgb.shape
    image = Image.frombytes("RGB", (width, height), rgb)
    grey = image.convert("L")
    look = grey.resize((LOOK_SIDE, LOOK_SIDE), _BILINEAR)
    pixels = look.tobytes()
    if _may_be_framed(pixels):
        box = _without_frame(np.asarray(grey))
        if box != (0, 0, width, height):
            image, grey = image.crop(box), grey.crop(box)  # `resize` would look past its box
            look = grey.resize((LOOK_SIDE, LOOK_SIDE), _BILINEAR)
            pixels = look.tobytes()
    thumb = look.reduce(LOOK_SIDE // THUMB_SIDE)
    hash_, hash_crop = _hashes(thumb)
    return {
        "hash": hash_,
        "hash_crop": hash_crop,
        "thumb": thumb.tobytes(),
        "chroma": _chroma(image),
        "look": _jpeg(pixels),
    }


def _hashes(thumb: Image.Image) -> tuple[int, int]:
    """Bits that say where a picture of 8 x 9 pixels gets brighter from left to right."""
    boxes = ((edge, edge, THUMB_SIDE - edge, THUMB_SIDE - edge) for edge in _EDGES)
    small = b"".join(thumb.resize((9, 8), _BILINEAR, box).tobytes() for box in boxes)
    pixels = np.frombuffer(small, np.uint8).reshape(2, 8, 9)
    bits = np.packbits(pixels[..., 1:] > pixels[..., :-1]).tobytes()
    return int.from_bytes(bits[:8]), int.from_bytes(bits[8:])


def _chroma(image: Image.Image) -> bytes:
    small = image.resize((CHROMA_SIDE, CHROMA_SIDE), _BOX, reducing_gap=3.0)
    values = small.convert("YCbCr").tobytes()
    return values[1::3] + values[2::3]


def _jpeg(look: bytes) -> bytes:
    pixels = np.frombuffer(look, np.uint8).reshape(LOOK_SIDE, LOOK_SIDE, 1)
    jpeg: bytes = simplejpeg.encode_jpeg(pixels, _LOOK_QUALITY, colorspace="GRAY")
    return jpeg


def _may_be_framed(look: bytes) -> bool:
    """Say whether a few pixels of one side are alike: most pictures are done with after these."""
    side, step = LOOK_SIDE, LOOK_SIDE // 8
    sides = look[:side:step], look[-side::step], look[:: side * step], look[side - 1 :: side * step]
    return any(max(pixels) - min(pixels) <= 2 * _FLAT for pixels in sides)


def _without_frame(grey: _Grey) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what lies within a frame, and within one more."""
    left, top, bottom, right = 0, 0, *grey.shape
    for _ in range(2):
        above, below = _bars(grey)
        grey = grey[above : len(grey) - below]
        before, after = _bars(grey.T)
        grey = grey[:, before : grey.shape[1] - after]
        left, top, right, bottom = left + before, top + above, right - after, bottom - below
    return left, top, right, bottom


def _bars(rows: _Grey) -> tuple[int, int]:
    """How many rows at both ends are of one level, if at least one end is seen sharply."""
    ends = rows, rows[::-1]
    if any(int(end[0].max()) - int(end[0].min()) > 2 * _FLAT for end in ends):
        return 0, 0
    levels = [int(end[0].mean()) for end in ends]
    first, last = (_uniform(end, level) for end, level in zip(ends, levels, strict=True))
    if not first or not last or abs(levels[0] - levels[1]) > _FLAT:
        return 0, 0
    sharp = _is_sharp(rows, first, levels[0]), _is_sharp(rows[::-1], last, levels[1])
    if not any(sharp):
        return 0, 0
    # The row that an edge runs through is a mixture. A frame that melts into the picture at one
    # end is as thick there as at the other.
    return (
        first + 1 if sharp[0] else min(first, last + 1),
        last + 1 if sharp[1] else min(last, first + 1),
    )


def _uniform(rows: _Grey, level: int) -> int:
    """How many rows at the beginning have this level: a sky grows brighter row by row."""
    outer = rows[: int(len(rows) * _MOST_FRAME)].astype(np.int16) - level
    other = (np.abs(outer) > _FLAT).any(axis=1)
    return int(other.argmax()) if other.any() else 0


def _is_sharp(rows: _Grey, number: int, level: int) -> bool:
    behind = rows[number + 1].astype(np.int16)
    return bool((np.abs(behind - level) > _FLAT).mean() > 0.5)
