import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from judging import ANY_SIZE, SHARED, judge, verdict
from PIL import Image as Pillow
from stores import picture, sha

from carscrape.store import EXTENSIONS
from postprocess.pictures import MIME_TYPES
from postprocess.stage import Image, Unread
from postprocess.stages.verify import Verify

WEB_SUFFIXES = {".jpg", ".png", ".webp", ".gif", ".bmp", ".avif", ".mpo", ".poc", ".JPEG"}
PHOTO_SUFFIXES = WEB_SUFFIXES | {".jpeg"}

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no shared pictures beside here")


def bad_files() -> list[tuple[str, str]]:
    if not SHARED.exists():
        return []
    with (SHARED / "bad" / "INDEX.tsv").open(encoding="utf-8", newline="") as file:
        return [(row["file"], row["expect"]) for row in csv.DictReader(file, delimiter="\t")]


@pytest.mark.parametrize("format_", sorted(set(MIME_TYPES) - {"MPO"}))
def test_every_allowed_type_is_accepted_and_measured(tmp_path: Path, format_: str) -> None:
    content = picture(1, (96, 80), format_)
    said = judge(tmp_path, content, Verify())
    assert (said.keep, said.reason, said.score) == (True, "ok", None)
    exact = {
        "bytes": len(content),
        "type": MIME_TYPES[format_],
        "width": 96,
        "height": 80,
        "frames": 1,
        "orientation": 1,
        "transparent": False,
        "bits_per_pixel": 8 * len(content) / (96 * 80),
    }
    assert said.columns.items() >= exact.items()
    assert set(said.columns) == set(Verify.columns.names) - {"detail"}
    pa.Table.from_pylist([said.columns], schema=Verify.columns)  # each fits its column


@pytest.mark.parametrize("format_", sorted(set(MIME_TYPES) - {"MPO"}))
def test_the_mean_colour_is_that_of_all_pixels(tmp_path: Path, format_: str) -> None:
    content = picture(1, (400, 300), format_)
    columns = judge(tmp_path, content).columns
    mean = np.asarray(Pillow.open(io.BytesIO(content)).convert("RGB")).mean(axis=(0, 1))
    assert np.abs(mean - [columns["red"], columns["green"], columns["blue"]]).max() <= 1.5


def test_what_a_store_holds_is_what_is_allowed() -> None:
    assert set(MIME_TYPES.values()) == set(EXTENSIONS)


def test_other_bytes_than_those_stored_are_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "torn"
    path.write_bytes(picture(1)[:-50])
    with pytest.raises(Unread, match="holds other bytes"):
        ANY_SIZE.prepare(Image(sha(picture(1)), path))


@pytest.mark.accepts("B06")
@pytest.mark.parametrize("format_", ["TIFF", "ICO", "PPM", "JPEG2000", "PDF"])
def test_other_types_are_never_opened(tmp_path: Path, format_: str) -> None:
    assert judge(tmp_path, picture(1, (96, 80), format_)).reason == "type_not_allowed"


@pytest.mark.parametrize("content", [b"", b"<html>", b"\0" * 100])
def test_what_is_no_image_is_no_allowed_type(tmp_path: Path, content: bytes) -> None:
    assert judge(tmp_path, content).reason == "type_not_allowed"


@pytest.mark.accepts("C02")
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF"])
def test_half_a_file_is_undecodable(tmp_path: Path, format_: str) -> None:
    content = picture(1, (96, 80), format_)
    assert judge(tmp_path, content[: len(content) // 2]).reason == "undecodable"


@pytest.mark.accepts("C02")
def test_strict_finds_a_cut_with_an_end_mark_put_on(tmp_path: Path) -> None:
    content = picture(1, (400, 300))
    patched = content[: len(content) // 2] + b"\xff\xd9"
    said = judge(tmp_path, patched)
    assert said.reason == "undecodable"
    assert "remature end" in said.columns["detail"] or "Corrupt" in said.columns["detail"]
    assert judge(tmp_path, patched, replace(ANY_SIZE, strict=False)).keep


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((64, 64), "ok"),
        ((63, 200), "too_small"),
        ((64, 320), "ok"),
        ((64, 321), "odd_shape"),
        ((321, 64), "odd_shape"),
        ((1001, 1000), "too_many_pixels"),
    ],
)
def test_limits_on_the_size(tmp_path: Path, size: tuple[int, int], reason: str) -> None:
    stage = Verify(min_side=64, max_pixels=1_000_000, max_aspect=5.0)
    said = judge(tmp_path, picture(1, size), stage)
    assert said.reason == reason
    assert (said.columns["width"], said.columns["height"]) == size


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "AVIF"])
def test_frames_are_counted_and_damage_in_a_later_one_is_seen(tmp_path: Path, format_: str) -> None:
    frames = [Pillow.open(io.BytesIO(picture(seed))) for seed in range(3)]
    path = tmp_path / "moving"
    frames[0].save(path, format_, save_all=True, append_images=frames[1:])
    assert verdict(path).columns["frames"] == 3
    path.write_bytes(path.read_bytes()[:-100])
    assert verdict(path).reason == "undecodable"


@needs_shared
@pytest.mark.parametrize(("name", "expect"), bad_files())
def test_bad_files(name: str, expect: str) -> None:
    said = verdict(SHARED / "bad" / name)
    loose = verdict(SHARED / "bad" / name, replace(ANY_SIZE, strict=False))
    if Path(name).suffix not in WEB_SUFFIXES:
        assert said.reason == "type_not_allowed"
    elif expect.startswith("reject-"):
        assert (said.keep, loose.keep) == (False, True)
    else:
        assert (said.keep, loose.keep) == (expect == "accept", expect == "accept")


@needs_shared
@pytest.mark.accepts("C06")
@pytest.mark.parametrize(
    "folder", ["vehicles", "imagenet", "cars", "junk/interior", "junk/toy_car"]
)
def test_no_photo_is_lost(folder: str) -> None:
    stage = Verify(min_side=1, max_aspect=1e9)
    paths = [p for p in sorted((SHARED / folder).rglob("*")) if p.suffix in PHOTO_SUFFIXES]
    refused = {path.name: said for path in paths if not (said := verdict(path, stage)).keep}
    assert paths
    assert not refused
