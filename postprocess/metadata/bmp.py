"""BMP: a header, pixels, in the newest kind a colour profile; what stands behind them goes."""

from struct import unpack_from

_CORE, _NEWEST = 12, 124  # bytes of the oldest header, of the newest
_PLAIN, _MASKED, _MASKED_ALPHA = 0, 3, 6  # pixels that are not packed


def strip(content: bytes, _orientation: int) -> bytes:
    """The file up to its end; it has no room for metadata in front of that."""
    (pixels, header) = unpack_from("<II", content, 10)
    end = pixels + _size(content, header)
    if header == _NEWEST:
        profile, size = unpack_from("<II", content, 14 + 112)
        end = max(end, 14 + profile + size if size else 0)
    if end > len(content):
        raise ValueError(f"{len(content)} bytes of {end}")
    return b"BM" + end.to_bytes(4, "little") + content[6:end] if end < len(content) else content


def _size(content: bytes, header: int) -> int:
    """Bytes of the pixels."""
    if header == _CORE:
        width, height, _, bits = unpack_from("<HHHH", content, 18)
        packing = size = 0
    else:
        width, height, _, bits, packing, size = unpack_from("<iiHHII", content, 18)
    if packing not in (_PLAIN, _MASKED, _MASKED_ALPHA):
        return int(size)
    return int((width * bits + 31) // 32 * 4 * abs(height))
