"""WebP, moving ones too: the chunks of a RIFF file."""

from struct import unpack_from

from carscrape.formats.walk import Walk, broken, cut_short


def webp(walk: Walk) -> None:
    """Chunks up to the end that the first one names."""
    body, at, pixels = walk.body, 12, False
    end = unpack_from("<I", body, 4)[0] + 8
    while at + 8 <= min(end, len(body)):
        walk.part()
        kind, length = unpack_from("<4sI", body, at)
        at += 8
        if kind in (b"VP8 ", b"VP8L"):
            pixels = True
            _webp_size(walk, *(_lossy if kind == b"VP8 " else _lossless)(body, at))
        elif kind == b"VP8X":
            _webp_size(walk, _u24(body, at + 4) + 1, _u24(body, at + 7) + 1)
        elif kind == b"ANMF":
            pixels = True
            walk.frame()
            walk.area(_u24(body, at + 6) + 1, _u24(body, at + 9) + 1)
        elif kind not in (b"ALPH", b"ANIM"):
            walk.meta(length)
        at += length + (length & 1)
    if end > len(body):
        raise cut_short(body)
    if not pixels:
        raise broken("no pixels")


def _webp_size(walk: Walk, width: int, height: int) -> None:
    """The canvas comes first; a size that follows is that of the pixels on it."""
    walk.area(width, height)
    if not any(walk.size):
        walk.size = width, height


def _u24(body: bytes, at: int) -> int:
    low, high = unpack_from("<HB", body, at)
    return int(low | high << 16)


def _lossy(body: bytes, at: int) -> tuple[int, int]:
    mark, width, height = unpack_from("<3x3sHH", body, at)
    if mark != b"\x9d\x01\x2a":
        raise broken("no VP8 frame")
    return width & 0x3FFF, height & 0x3FFF


def _lossless(body: bytes, at: int) -> tuple[int, int]:
    mark, bits = unpack_from("<BI", body, at)
    if mark != 0x2F:
        raise broken("no VP8L frame")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
