"""JPEG: segments up to the pixels, then the end mark. What follows it is not looked at."""

from struct import unpack_from

from carscrape.formats.walk import Walk, cut_short

_SOS, _EOI, _COMMENT = 0xDA, 0xD9, 0xFE
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APPLICATION = range(0xE0, 0xF0)
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})  # markers with nothing behind them


def jpeg(walk: Walk) -> None:
    """Segments up to the pixels, and the end mark."""
    body, at = walk.body, 2
    while True:
        walk.part()
        mark = body.find(b"\xff", at)
        if mark < 0:
            raise cut_short(body)
        walk.meta(mark - at)  # junk, which decoders skip
        marker = body[mark + 1]
        at = mark + 2
        if marker == 0xFF:  # padding
            at = mark + 1
        elif marker not in _ALONE:
            if marker in (_SOS, _EOI):
                break
            (length,) = unpack_from(">H", body, at)
            if marker in _FRAME_HEADERS:
                height, width = unpack_from(">HH", body, at + 3)
                walk.area(width, height)
                walk.size = width, height
            elif marker in _APPLICATION or marker == _COMMENT:
                walk.meta(length)
            at += length
    # Anywhere: phones append films, and among coded pixels these two bytes never stand together.
    if body.rfind(b"\xff\xd9", at) < 0:
        raise cut_short(body)
