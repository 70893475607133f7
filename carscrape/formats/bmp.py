"""BMP: a header, and as many bytes as it announces."""

from struct import unpack_from

from carscrape.formats.walk import Walk, cut_short

_UNCOMPRESSED = (0, 3, 6)


def bmp(walk: Walk) -> None:
    """The header, and as many bytes as it announces."""
    body, compression = walk.body, 0
    declared, start, header = unpack_from("<2xI4xII", body)
    if header == 12:
        width, height, bits = unpack_from("<HH2xH", body, 18)
    else:
        width, height, bits, compression = unpack_from("<ii2xHI", body, 18)
    walk.size = width, abs(height)
    walk.area(*walk.size)
    if compression in _UNCOMPRESSED:
        row = (width * bits + 31) // 32 * 4
        needed = start + row * abs(height)
    else:
        needed = declared  # which some writers get wrong
    if needed > len(body):
        raise cut_short(body)
