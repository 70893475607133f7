"""Answers that are small on the wire and huge in memory."""

import struct
import zlib
from functools import cache

SIDE = 13_000  # pixels, so 169 megapixels
UNPACKED = 256 * 2**20  # bytes of the gzip bomb


@cache
def gzip_bomb() -> bytes:
    """256 MiB of zeros as 255 kB of gzip."""
    chunk = bytes(2**20)
    packer = zlib.compressobj(9, wbits=31)
    packed = [packer.compress(chunk) for _ in range(UNPACKED // len(chunk))]
    return b"".join(packed) + packer.flush()


@cache
def pixel_bomb() -> bytes:
    """A valid PNG of 20 kB that declares, and holds, 169 megapixels of white."""
    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * (SIDE // 8)
    pixels = b"".join([packer.compress(row * 100) for _ in range(SIDE // 100)]) + packer.flush()
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 1, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", pixels), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
