"""Image files that no camera makes: bombs, endless ones, and what only claims to be an image.

Independent of the product: nothing of carscrape is imported.
"""

import struct
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO

from PIL import Image

MANY = 100_000


def picture(kind: str, size: tuple[int, int] = (40, 30), frames: int = 1) -> bytes:
    """A good image of one of Pillow's formats."""
    buffer = BytesIO()
    gradient = Image.linear_gradient("L").resize(size)
    first, *rest = (gradient.rotate(7 * n).convert("RGB") for n in range(frames))
    more = {"save_all": True, "append_images": rest} if rest else {}
    first.save(buffer, kind, **more)
    return buffer.getvalue()


# --- PNG


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(width: int = 1, height: int = 1, before: bytes = b"", pixels: bytes = b"\0\0") -> bytes:
    """A PNG in shades of grey, with chunks before its pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    end = chunk(b"IDAT", zlib.compress(pixels, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + before + end


@cache
def inflating(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def apng(declared: int, frames: int) -> bytes:
    control = struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 1, 0, 0)
    start = chunk(b"acTL", struct.pack(">II", declared, 0))
    return png(before=start + chunk(b"fcTL", control) * frames)


# --- JPEG

_JPEG_HEADER = b"\xff\xc0\0\x0b\x08%s\x01\x01\x11\0"
_JPEG_SCAN = b"\xff\xda\0\x08\x01\x01\0\0?\0"


def jpeg(width: int = 8, height: int = 8, before: bytes = b"", pixels: bytes = b"\0") -> bytes:
    """What a JPEG is to those who read its segments; the tables to decode it are missing."""
    header = _JPEG_HEADER % struct.pack(">HH", height, width)
    return b"\xff\xd8" + before + header + _JPEG_SCAN + pixels + b"\xff\xd9"


def segment(size: int, kind: bytes = b"\xff\xe5") -> bytes:
    return kind + struct.pack(">H", size + 2) + bytes(size)


def restarts() -> bytes:
    """A real JPEG with 65,536 restart marks in its pixels."""
    buffer = BytesIO()
    side = 2048  # pixels; a mark after every block of 8
    Image.new("L", (side, side)).save(buffer, "JPEG", restart_marker_blocks=1)
    return buffer.getvalue()


# --- GIF

_GIF_FRAME = b",\0\0\0\0\x01\0\x01\0\0\x02\x02L\x01\0"


def gif(width: int = 1, height: int = 1, blocks: bytes = _GIF_FRAME) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0" + blocks + b";"


_CLEARED = b"!\xf9\x04\x08\0\0\0\0"  # the frame that follows is wiped, in a buffer of its size


def huge_frame(side: int) -> bytes:
    """A GIF that is small, but for its frame."""
    frame = b"," + struct.pack("<4H", 0, 0, side, side) + b"\0\x02\x02L\x01\0"
    return gif(blocks=_CLEARED + frame)


# --- WebP


def webp(*chunks: bytes) -> bytes:
    content = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def _u24(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(3, "little") for number in numbers)


def canvas(side: int) -> bytes:
    return riff_chunk(b"VP8X", b"\x02\0\0\0" + _u24(side - 1, side - 1))


def webp_frame(side: int = 1) -> bytes:
    return riff_chunk(b"ANMF", _u24(0, 0, side - 1, side - 1, 40) + b"\0")


def lossless(side: int) -> bytes:
    return riff_chunk(b"VP8L", b"\x2f" + struct.pack("<I", (side - 1) | (side - 1) << 14))


def lossy(side: int) -> bytes:
    return riff_chunk(b"VP8 ", b"\x30\x01\0\x9d\x01\x2a" + struct.pack("<HH", side, side))


# --- BMP and AVIF


def bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54) + header


def with_number(content: bytes, box: bytes, offset: int, *numbers: int) -> bytes:
    """An AVIF with other numbers of 32 bits in the box of this kind."""
    at = content.index(box) + 4 + offset
    packed = struct.pack(f">{len(numbers)}I", *numbers)
    return content[:at] + packed + content[at + len(packed) :]


Made = dict[str, Callable[[], bytes]]

TOO_MANY_PIXELS: Made = {
    "png-169-megapixels": lambda: png(13_000, 13_000, pixels=bytes(13_000 * 13_001 // 10)),
    "png-400-megapixels": lambda: png(20_000, 20_000),
    "png-65535": lambda: png(65_535, 65_535),
    "png-largest": lambda: png(2**31 - 1, 2**31 - 1),
    "jpeg-65535": lambda: jpeg(65_535, 65_535),
    "gif-65535": lambda: gif(65_535, 65_535, _CLEARED + _GIF_FRAME),
    "gif-65535-frame": lambda: huge_frame(65_535),
    "bmp-65535": lambda: bmp(65_535, 65_535),
    "bmp-65535-from-the-top": lambda: bmp(65_535, -65_535),
    "webp-lossy-16383": lambda: webp(lossy(16_383)),
    "webp-lossless-16384": lambda: webp(lossless(16_384)),
    "webp-canvas": lambda: webp(canvas(2**24), lossless(1)),
    "webp-16383-on-a-small-canvas": lambda: webp(canvas(1), lossy(16_383)),
    "webp-frame": lambda: webp(canvas(1), webp_frame(2**24)),
    "avif-65535": lambda: with_number(picture("AVIF"), b"ispe", 4, 65_535, 65_535),
}

TOO_LARGE: Made = {
    "gif-frames": lambda: gif(blocks=_GIF_FRAME * MANY),
    "gif-blocks": lambda: gif(blocks=_GIF_FRAME[:-3] + b"\x01\0" * 2 * 10**6 + b"\0"),
    "gif-comment": lambda: gif(blocks=b"!\xfe" + (b"\xff" + bytes(255)) * 20_000 + b"\0"),
    "gif-junk": lambda: gif(blocks=b"\x01" * 10**6 + _GIF_FRAME),
    "apng-declared": lambda: apng(MANY, 1),
    "apng-frames": lambda: apng(1, MANY),
    "png-text": lambda: png(before=chunk(b"tEXt", b"a\0" + bytes(5 * 2**20))),
    "png-ztxt": lambda: png(before=chunk(b"zTXt", b"a\0\0" + inflating(10**8))),
    "png-ztxts": lambda: png(before=chunk(b"zTXt", b"a\0\0" + inflating(10**6)) * 50),
    "png-itxt": lambda: png(before=chunk(b"iTXt", b"a\0\1\0en\0a\0" + inflating(10**8))),
    "png-profile": lambda: png(before=chunk(b"iCCP", b"a\0\0" + inflating(10**8))),
    "png-chunks": lambda: png(before=chunk(b"vpAg", b"") * MANY),
    "webp-frames": lambda: webp(canvas(1), webp_frame() * MANY),
    "webp-exif": lambda: webp(canvas(1), riff_chunk(b"EXIF", bytes(5 * 2**20)), lossless(1)),
    "jpeg-segments": lambda: jpeg(before=segment(0) * 10**6),
    "jpeg-metadata": lambda: jpeg(before=segment(65_000) * 80),
    "jpeg-padding": lambda: jpeg(before=b"\xff" * 10**6),
    "jpeg-junk": lambda: jpeg(before=segment(0) + bytes(5 * 2**20)),
    "avif-frames": lambda: with_number(picture("AVIF", frames=3), b"stsz", 8, MANY),
    "avif-boxes": lambda: picture("AVIF") + b"\0\0\0\x08free" * MANY,
    "avif-metadata": lambda: (
        picture("AVIF") + struct.pack(">I", 5 << 20) + b"free" + bytes(5 << 20)
    ),
}

NOT_OURS = {
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
    "eps-windows": b"\xc5\xd0\xd3\xc6" + bytes(26) + b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "pdf": b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n%%EOF\n",
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "fits": b"SIMPLE  =                    T".ljust(2880),
    "psd": b"8BPS\0\x01" + bytes(40),
    "xpm": b'/* XPM */\nstatic char *a[] = {"1 1 1 1", "a c #fff", "a"};\n',
    "wmf": b"\xd7\xcd\xc6\x9a" + bytes(60),
    "tiff": b"II*\0\x08\0\0\0\xff\xff" + bytes(12 * 65_535),  # as many tags as it can have
    "heif": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
}
"""Pictures of types whose decoders are not to be asked."""

PAGES = {
    "page": b"<!DOCTYPE html><html><title>Not found</title></html>",
    "captcha": b"<html><body><form>Are you a robot?<div class='g-recaptcha'></div></form>" * 9,
    "json": b'{"error": "gone"}',
    "text": b"BMW\r\nnot here\r\n",
    "zip": b"PK\x03\x04" + bytes(300),
}
"""What is sent in place of an image."""
