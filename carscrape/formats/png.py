"""PNG, moving ones too: chunks up to the last one."""

import zlib
from struct import unpack_from

from carscrape.formats.walk import Walk, broken, cut_short

_PNG_PIXELS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"fdAT", b"fcTL", b"acTL"})
_PNG_COMPRESSED = frozenset({b"iCCP", b"zTXt", b"iTXt"})
_PIECE = 2**16  # bytes inflated at a time, to be counted and forgotten


def png(walk: Walk) -> None:
    """Chunks up to IEND; what text and profiles inflate to counts."""
    body, at, pixels = walk.body, 8, False
    while True:
        walk.part()
        length, kind = unpack_from(">I4s", body, at)
        at += 8
        if at + length + 4 > len(body):
            raise cut_short(body)
        if kind == b"IEND":
            break
        if kind == b"IDAT":
            pixels = True
        elif kind == b"IHDR":
            walk.size = unpack_from(">II", body, at)
            walk.area(*walk.size)
        elif kind == b"acTL":
            (frames,) = unpack_from(">I", body, at)
            # A larger number is none, and the picture stands still.
            walk.declared_frames(frames if frames < 2**31 else 0)
        elif kind == b"fcTL":
            walk.frame()
        elif kind not in _PNG_PIXELS:
            walk.meta(length)
            if kind in _PNG_COMPRESSED:
                _inflate(walk, _compressed(kind, body[at : at + length]))
        at += length + 4
    if not pixels:
        raise broken("no pixels")


def _compressed(kind: bytes, chunk: bytes) -> bytes:
    """The compressed bytes in a chunk."""
    rest = chunk.partition(b"\0")[2]
    if kind != b"iTXt":
        return rest[1:]
    language_and_text = rest[2:].split(b"\0", 2)
    return language_and_text[2] if rest[:1] == b"\x01" and len(language_and_text) == 3 else b""


def _inflate(walk: Walk, data: bytes) -> None:
    """Count what compressed bytes inflate to, as far as they do."""
    stream = zlib.decompressobj()
    try:
        while data:
            walk.meta(len(stream.decompress(data, _PIECE)))
            data = stream.unconsumed_tail
    except zlib.error:  # decoders pass over such a text or profile
        return
