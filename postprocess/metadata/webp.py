"""WebP, moving ones too: the chunks that are pixels or their colours."""

from struct import pack, unpack_from

from postprocess.metadata.exif import UPRIGHT, exif

_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_HAS_EXIF, _HAS_XMP = 0x08, 0x04  # flags of VP8X


def strip(content: bytes, orientation: int) -> bytes:
    """The picture, whose orientation is 1 to 8.

    Raises:
        struct.error: a part reaches over its end.
    """
    end = unpack_from("<I", content, 4)[0] + 8
    parts, at, extended = [b"WEBP"], 12, False
    while at + 8 <= end:
        kind, length = unpack_from("<4sI", content, at)
        chunk = content[at : at + 8 + length + length % 2]
        if kind == b"VP8X":
            extended = True
            flags = chunk[8] & ~(_HAS_EXIF | _HAS_XMP)
            chunk = chunk[:8] + bytes([flags | _HAS_EXIF * (orientation != UPRIGHT)]) + chunk[9:]
        if kind in _KEPT:
            parts.append(chunk)
        at += 8 + length + length % 2
    if extended and orientation != UPRIGHT:
        body = exif(orientation)
        parts.append(b"EXIF" + pack("<I", len(body)) + body)
    whole = b"".join(parts)
    return b"RIFF" + pack("<I", len(whole)) + whole
