from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from carscrape import settings
from carscrape.formats.walk import Limits, Unfit
from carscrape.items import Outcome
from carscrape.mime import ImageHeader, read_header
from tests import made_files
from tests.made_files import NOT_OURS, PAGES, TOO_LARGE, TOO_MANY_PIXELS, picture

LIMITS = Limits(settings.IMAGE_MAX_PIXELS, settings.IMAGE_MAX_FRAMES, settings.IMAGE_MAX_METADATA)
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
SHARED = Path(__file__).parents[1] / ".." / "shared" / "images"
WEB = (".jpg", ".jpeg", ".JPEG", ".png", ".webp", ".gif", ".bmp", ".avif", ".mpo")

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no shared pictures beside here")


def ended(body: bytes) -> tuple[Outcome | None, str]:
    try:
        read_header(body, LIMITS)
    except Unfit as error:
        return error.outcome, error.detail
    return None, ""


def outcome(body: bytes) -> Outcome | None:
    return ended(body)[0]


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
    assert read_header(picture(kind), LIMITS) == ImageHeader(mime, 40, 30)


@pytest.mark.accepts("C01")
@pytest.mark.parametrize("body", PAGES.values(), ids=PAGES)
def test_what_is_no_image_says_how_it_begins(body: bytes) -> None:
    assert ended(body) == (Outcome.NOT_AN_IMAGE, f"begins {body[:200]!r}")


@pytest.mark.accepts("B05", "B06")
@pytest.mark.parametrize("body", NOT_OURS.values(), ids=NOT_OURS)
def test_other_pictures_are_told_by_their_first_bytes(body: bytes) -> None:
    assert outcome(body) == Outcome.TYPE_NOT_ALLOWED


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Outcome.EMPTY),
        (b"\xef\xbb\xbf <svg/>", Outcome.TYPE_NOT_ALLOWED),
        (picture("TIFF"), Outcome.TYPE_NOT_ALLOWED),
        (picture("ICO"), Outcome.TYPE_NOT_ALLOWED),
        (picture("JPEG")[:20], Outcome.TRUNCATED),
        (made_files.png(width=0), Outcome.TRUNCATED),
        (made_files.gif(blocks=b""), Outcome.TRUNCATED),
        (made_files.webp(made_files.canvas(1)), Outcome.TRUNCATED),
        (made_files.apng(2**31, 1), None),  # no number of frames: the picture stands still
        (made_files.jpeg(before=made_files.segment(9) + b"\0\0\xff\xff"), None),  # decoders skip it
    ],
)
def test_odd_bodies(body: bytes, expected: Outcome | None) -> None:
    assert outcome(body) == expected


@pytest.mark.accepts("B04")
@pytest.mark.parametrize("make", TOO_MANY_PIXELS.values(), ids=TOO_MANY_PIXELS)
def test_too_many_pixels(make: Callable[[], bytes]) -> None:
    body = make()
    assert len(body) < 20_000
    assert outcome(body) == Outcome.TOO_MANY_PIXELS


@pytest.mark.accepts("B05")
@pytest.mark.parametrize("make", TOO_LARGE.values(), ids=TOO_LARGE)
def test_too_many_frames_or_too_much_beside_the_pixels(make: Callable[[], bytes]) -> None:
    assert outcome(make()) == Outcome.TOO_LARGE


@pytest.mark.accepts("B05")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (made_files.apng(1_204, 1), "1,204 frames"),
        (TOO_LARGE["gif-frames"](), "more than 100 frames"),
        (TOO_LARGE["png-profile"](), "more than 4 MiB of metadata"),
        (TOO_LARGE["jpeg-segments"](), "more than 20,000 segments"),
    ],
)
def test_what_was_too_much_is_said(body: bytes, expected: str) -> None:
    assert ended(body) == (Outcome.TOO_LARGE, expected)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_some_frames_are_fine(kind: str) -> None:
    assert outcome(picture(kind, frames=20)) is None
    with pytest.raises(Unfit, match=r"frames$"):
        read_header(picture(kind, frames=20), Limits(10_000, 19, 10_000))


def test_profiles_and_previews_are_fine() -> None:
    text = made_files.chunk(b"zTXt", b"a\0\0" + made_files.inflating(3 * 2**20))
    assert outcome(made_files.png(before=text)) is None
    assert outcome(made_files.jpeg(before=made_files.segment(65_000) * 50)) is None


@pytest.mark.accepts("B05")
def test_restart_marks_cost_nothing() -> None:
    assert outcome(made_files.restarts()) is None


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    outcome(body)


@given(st.sampled_from(KINDS), st.data())
def test_no_damage_raises_anything_else(kind: str, data: st.DataObject) -> None:
    body = bytearray(picture(kind))
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=8)):
        body[at] = data.draw(st.integers(0, 255))
    outcome(bytes(body))


@pytest.mark.accepts("C02")
@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_no_beginning_of_a_picture_is_one(kind: str, frames: int) -> None:
    whole = picture(kind, frames=1 if kind in ("JPEG", "BMP") else frames)
    assert outcome(whole) is None
    told_apart = 20  # bytes
    for length in range(1, len(whole)):
        expected = {Outcome.TRUNCATED} | ({Outcome.NOT_AN_IMAGE} if length < told_apart else set())
        assert outcome(whole[:length]) in expected, length


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_the_end_is_let_be(kind: str) -> None:
    behind = b"\0\0\0\x10free" if kind == "AVIF" else b"PK\x03\x04<scr"
    assert outcome(picture(kind) + behind + bytes(8)) is None


def shared(*folders: str) -> list[Path]:
    files = [path for folder in folders for path in (SHARED / folder).rglob("*")]
    return sorted(path for path in files if path.suffix in WEB)


@needs_shared
@pytest.mark.parametrize("folder", ["cars", "vehicles", "imagenet", "junk"])
def test_no_good_picture_is_refused(folder: str) -> None:
    paths = shared(folder)
    assert paths
    for path in paths:
        header = read_header(path.read_bytes(), LIMITS)
        with Image.open(path) as image:
            assert (header.width, header.height) == image.size, path


@needs_shared
def test_files_that_decoders_accept_are_not_refused() -> None:
    rows = [line.split("\t") for line in (SHARED / "bad" / "INDEX.tsv").read_text().splitlines()]
    names = {row[0] for row in rows if row[2] == "accept"}
    assert names
    for path in shared("bad"):
        if path.name in names:
            assert ended(path.read_bytes()) == (None, ""), path.name


@needs_shared
@pytest.mark.accepts("C02")
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.99])
def test_no_real_picture_cut_short_is_taken(share: float) -> None:
    for path in shared("vehicles", "junk"):
        body = path.read_bytes()
        assert outcome(body[: int(len(body) * share)]) == Outcome.TRUNCATED, path.name
