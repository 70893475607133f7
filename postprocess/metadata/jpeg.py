"""JPEG: the segments that say how to decode, the pixels, and nothing behind them."""

import re
from struct import pack, unpack_from

from postprocess.metadata.exif import UPRIGHT, exif

# Within pixels FF stands before 00 and before restart marks; FF before FF is padding.
_MARK = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
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
    while mark := _MARK.search(content, at):
        if pixels:
            parts.append(content[at : mark.start()])
        kind, at = mark[1][0], mark.end()
        if kind == _END:
            return b"".join([*parts, b"\xff\xd9"])
        pixels = kind == _SCAN
        if kind not in _ALONE:
            (length,) = unpack_from(">H", content, at)
            parts.append(_segment(kind, content[at : at + length]))
            at += length
    raise ValueError("no end mark")


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
