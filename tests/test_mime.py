import struct
import zlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from carscrape.items import Outcome
from carscrape.mime import ImageHeader, Unfit, read_header, use_own_limits

MOST = 40_000_000


@pytest.fixture(autouse=True)
def own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    use_own_limits()


def picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def huge_png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def outcome(body: bytes) -> Outcome | None:
    try:
        read_header(body, MOST)
    except Unfit as error:
        return error.outcome
    return None


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("BMP", "image/bmp"),
        ("AVIF", "image/avif"),
    ],
)
def test_allowed_types_by_content(kind: str, mime: str) -> None:
    assert read_header(picture(kind), MOST) == ImageHeader(mime, 40, 30)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Outcome.EMPTY),
        (b"<!DOCTYPE html><html>...", Outcome.NOT_AN_IMAGE),
        (b'{"error": "gone"}', Outcome.NOT_AN_IMAGE),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "type_not_allowed"),
        (b"\xef\xbb\xbf <svg/>", Outcome.TYPE_NOT_ALLOWED),
        (picture("TIFF"), Outcome.TYPE_NOT_ALLOWED),
        (picture("ICO"), Outcome.TYPE_NOT_ALLOWED),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", Outcome.TYPE_NOT_ALLOWED),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Outcome.TYPE_NOT_ALLOWED),
        (huge_png(13_000), Outcome.TOO_MANY_PIXELS),
        (huge_png(65_535), Outcome.TOO_MANY_PIXELS),
        (picture("JPEG")[:-200], Outcome.TRUNCATED),
        (picture("PNG")[:-20], Outcome.TRUNCATED),
        (picture("WEBP")[:-20], Outcome.TRUNCATED),
        (picture("BMP")[:-20], Outcome.TRUNCATED),
        (picture("JPEG")[:20], Outcome.TRUNCATED),
    ],
)
def test_refused(body: bytes, expected: str) -> None:
    assert outcome(body) == expected


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    outcome(body)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"])
def test_no_beginning_of_a_picture_raises_anything_else(kind: str) -> None:
    whole = picture(kind)
    for length in range(len(whole)):
        outcome(whole[:length])
