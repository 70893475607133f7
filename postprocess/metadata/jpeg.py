"""JPEG: the segments that say how to decode, the pixels, and nothing behind them."""

from struct import pack, unpack_from

import numpy as np

from postprocess.metadata.exif import UPRIGHT, exif

# Within pixels FF stands before 00 and before restart marks; FF before FF is padding.
_NO_MARKS = np.array([0x00, *range(0xD0, 0xD8), 0xFF], np.uint8)
_ALONE = (0x01, 0xD8)  # no length behind them
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_JFIF = b"JFIF\0"
_JFIF_LENGTH = 16  # without its thumbnail
_KEPT = {0xE0: _JFIF, 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def strip(content: bytes, orientation: int) -> bytes:
    """The first picture of the file, whose orientation is 1 to 8.

    Raises:
        ValueError, struct.error: it has no end, or a part reaches over it.
    """
    parts = [content[:2]]
    if orientation != UPRIGHT:
        body = b"Exif\0\0" + exif(orientation)
        parts.append(b"\xff\xe1" + pack(">H", 2 + len(body)) + body)
    at, pixels = 2, False
    for mark in _marks(content):
        if mark < at:  # within a segment
            continue
        if pixels:
            parts.append(content[at:mark])
        kind, at = content[mark + 1], mark + 2
        if kind == _END:
            return b"".join([*parts, b"\xff\xd9"])
        pixels = kind == _SCAN
        if kind not in _ALONE:
            (length,) = unpack_from(">H", content, at)
            parts.append(_segment(kind, content[at : at + length]))
            at += length
    raise ValueError("no end mark")


def _marks(content: bytes) -> list[int]:
    """Where FF stands before what may be the kind of a segment."""
    octets = np.frombuffer(content, np.uint8)
    (at,) = (octets[:-1] == 0xFF).nonzero()
    marks: list[int] = at[~np.isin(octets[at + 1], _NO_MARKS)].tolist()
    return marks


def _segment(kind: int, body: bytes) -> bytes:
    """The segment as it is kept, if it is; `body` begins with its length."""
    if kind == _COMMENT:
        return b""
    if kind in _APPLICATION:
        name = _KEPT.get(kind)
        if name is None or not body.startswith(name, 2):
            return b""
        if name == _JFIF and len(body) > _JFIF_LENGTH:
            body = pack(">H", _JFIF_LENGTH) + body[2 : _JFIF_LENGTH - 2] + bytes(2)
    return bytes((0xFF, kind)) + body
