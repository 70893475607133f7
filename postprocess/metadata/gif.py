"""GIF: frames, how they move, their colour profile, and nothing behind them."""

from postprocess.image_end import after_blocks, palette

_FRAME, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF
_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def strip(content: bytes, _: int) -> bytes:
    """The picture; it has no orientation.

    Raises:
        IndexError: it has no end.
    """
    at = 13 + palette(content[10])
    parts = [content[:at]]
    while (kind := content[at]) != _TRAILER:
        end = at + 1  # junk, which decoders skip
        if kind == _FRAME:
            end = after_blocks(content, at + 11 + palette(content[at + 9]))
            parts.append(content[at:end])
        elif kind == _EXTENSION:
            end = after_blocks(content, at + 2)
            if not _is_metadata(content[at:end]):
                parts.append(content[at:end])
        at = end
    return b"".join([*parts, bytes([_TRAILER])])


def _is_metadata(extension: bytes) -> bool:
    kind, name = extension[1], extension[3:14]
    return kind == _COMMENT or (kind == _APPLICATION and name not in _KEPT)
