"""GIF: frames and extensions, each a chain of blocks, up to the trailer."""

from struct import unpack_from

from carscrape.formats.walk import Walk, broken

_BLOCKS_PER_PART = 8  # GIF cuts its pixels into blocks of 255 bytes; 25 MiB are 100,000 of them


def gif(walk: Walk) -> None:
    """Blocks up to the trailer."""
    body = walk.body
    walk.size = width, height = unpack_from("<HH", body, 6)
    at = 13 + _palette(body[10])
    while (kind := body[at]) != 0x3B:
        walk.part()
        if kind == 0x21:  # an extension
            start, at = at, _after_blocks(walk, at + 2)
            walk.meta(at - start)
        elif kind == 0x2C:  # a frame
            left, top, wide, high = unpack_from("<4H", body, at + 1)
            extent = max(width, left + wide), max(height, top + high)
            walk.area(*extent)
            if not walk.frames:
                walk.size = extent
            walk.frame()
            at = _after_blocks(walk, at + 11 + _palette(body[at + 9]))
        else:
            at += 1  # junk, which decoders skip
    if not walk.frames:
        raise broken("no frame")


def _palette(flags: int) -> int:
    """Bytes of the palette that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(walk: Walk, at: int) -> int:
    """Where a chain of blocks ends."""
    body, blocks = walk.body, 0
    while size := body[at]:
        at += size + 1
        blocks += 1
        if blocks == _BLOCKS_PER_PART:
            walk.part()
            blocks = 0
    return at + 1
