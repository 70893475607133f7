"""Bytes after the end of an image: counted, and a reason only where one asks for it."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judging import ANY_SIZE, judge
from PIL import Image as Pillow
from stores import picture

from postprocess.image_end import bytes_after
from postprocess.stages.verify import Verify

pytestmark = pytest.mark.accepts("C09")

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
WHOLE = {format_: picture(1, (96, 80), format_) for format_ in FORMATS}


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a.txt", "hidden")
    return file.getvalue()


HUNG_ON = {
    "nothing": b"",
    "an archive": archive(),
    "a page": b"<html><script>alert(1)</script></html>",
    "megabytes": bytes(2 << 20),
    "another picture": picture(2),
    "an end mark": b"hidden\xff\xd9",
}


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("what", HUNG_ON)
def test_what_trails_is_counted_and_kept(tmp_path: Path, what: str, format_: str) -> None:
    content = WHOLE[format_] + HUNG_ON[what]
    said = judge(tmp_path, content, Verify())
    assert said.keep
    assert said.columns["trailing"] == len(HUNG_ON[what])
    assert said.columns["bits_per_pixel"] == 8 * len(WHOLE[format_]) / (96 * 80)


@pytest.mark.parametrize("format_", FORMATS)
def test_more_than_asked_for_rejects(tmp_path: Path, format_: str) -> None:
    stage = Verify(max_trailing=100)
    assert judge(tmp_path, WHOLE[format_] + bytes(100), stage).keep
    said = judge(tmp_path, WHOLE[format_] + bytes(101), stage)
    assert (said.keep, said.reason, said.score) == (False, "trailing", 101)


@given(st.sampled_from(FORMATS), st.binary(max_size=300))
def test_any_bytes_are_counted(format_: str, more: bytes) -> None:
    assert bytes_after(WHOLE[format_] + more, format_) == len(more)


def test_the_thumbnail_s_end_is_not_the_picture_s(tmp_path: Path) -> None:
    file = io.BytesIO()
    thumbnail = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0" + picture(3)
    Pillow.open(io.BytesIO(picture(1, (96, 80), "PNG"))).save(file, "JPEG", exif=thumbnail)
    assert bytes_after(file.getvalue() + b"123", "JPEG") == 3


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 1}])
def test_scans_and_restarts_are_no_ends(options: dict[str, int]) -> None:
    file = io.BytesIO()
    Pillow.effect_noise((200, 200), 90).save(file, "JPEG", **options)
    assert bytes_after(file.getvalue() + b"123", "JPEG") == 3


def test_the_further_pictures_of_an_mpo_belong_to_it(tmp_path: Path) -> None:
    first, second = (Pillow.open(io.BytesIO(picture(n))) for n in (1, 2))
    file = io.BytesIO()
    first.save(file, "MPO", save_all=True, append_images=[second])
    said = judge(tmp_path, file.getvalue() + b"123", ANY_SIZE)
    assert (said.keep, said.columns["trailing"]) == (True, 3)


@pytest.mark.parametrize("format_", ["BMP", "AVIF"])
def test_where_no_mark_ends_a_file_nothing_is_said(tmp_path: Path, format_: str) -> None:
    said = judge(tmp_path, picture(1, (96, 80), format_) + bytes(50), Verify(max_trailing=0))
    assert (said.keep, said.columns["trailing"]) == (True, None)
