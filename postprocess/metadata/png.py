"""PNG, moving ones too: the chunks that change how the picture looks, and nothing behind them."""

import zlib
from struct import pack, unpack_from

from postprocess.metadata.exif import UPRIGHT, exif

_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS acTL fcTL fdAT "  # pixels
    b"iCCP sRGB gAMA cHRM cICP mDCV cLLI sBIT bKGD pHYs".split()  # their colours and size
)


def strip(content: bytes, orientation: int) -> bytes:
    """The picture, whose orientation is 1 to 8.

    Raises:
        struct.error: it has no end.
    """
    parts, at, kind = [content[:8]], 8, b""
    while kind != b"IEND":
        length, kind = unpack_from(">I4s", content, at)
        end = at + 12 + length
        if kind in _KEPT:
            parts.append(content[at:end])
        if kind == b"IHDR" and orientation != UPRIGHT:
            parts.append(_chunk(b"eXIf", exif(orientation)))
        at = end
    return b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return pack(">I", len(body)) + kind + body + pack(">I", zlib.crc32(kind + body))
