"""Damage planted into photos of every format: how much of it is found."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from judging import judge
from PIL import Image as Pillow

pytestmark = pytest.mark.accepts("C02")

FORMATS = {
    "JPEG": {},
    "progressive JPEG": {"progressive": True},
    "PNG": {},
    "GIF": {},
    "WEBP": {},
    "lossless WEBP": {"lossless": True},
    "BMP": {},
    "AVIF": {"speed": 10},
}
END_MARKS = {"JPEG": b"\xff\xd9", "PNG": b"\0\0\0\0IEND\xae\x42\x60\x82", "GIF": b"\0;"}
PHOTOS, TRIES = 4, 5
Harm = Callable[[bytes, bytes, random.Random], bytes]


def photo(seed: int) -> Pillow.Image:
    """As much detail as a camera sees: soft shapes, and grain."""
    chance = np.random.default_rng(seed)
    shapes = Pillow.fromarray(chance.integers(0, 256, (9, 12, 3), np.uint8)).resize((320, 240))
    grain = np.asarray(shapes) + chance.normal(0, 9, (240, 320, 3))
    return Pillow.fromarray(grain.clip(0, 255).astype(np.uint8))


def cut(content: bytes, end: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(20, len(content) - 12)]


def cut_and_ended(content: bytes, end: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) // 20, len(content) - len(end) - 12)
    return content[:at] + end


def hole(content: bytes, end: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) // 20, len(content) - 400)
    return content[:at] + content[at + 200 :]


@pytest.mark.parametrize("name", FORMATS)
def test_nineteen_of_twenty_damages_are_found(tmp_path: Path, name: str) -> None:
    chance = random.Random(name)
    format_ = name.rpartition(" ")[2]
    # In the refining scans of a progressive JPEG libjpeg takes most holes for good codes.
    harms: list[Harm] = [cut, cut_and_ended, *([] if name == "progressive JPEG" else [hole])]
    found = []
    for seed in range(PHOTOS):
        file = io.BytesIO()
        photo(seed).save(file, format_, **FORMATS[name])
        assert judge(tmp_path, file.getvalue()).keep
        for harm in harms * TRIES:
            harmed = harm(file.getvalue(), END_MARKS.get(format_, b""), chance)
            found.append(judge(tmp_path, harmed).reason)
    assert set(found) <= {"undecodable", "ok"}
    assert found.count("undecodable") >= 0.95 * len(found)


@pytest.mark.parametrize("at", [5, 40, 90])
def test_every_changed_byte_of_a_png_is_found(tmp_path: Path, at: int) -> None:
    file = io.BytesIO()
    photo(1).save(file, "PNG")
    content = bytearray(file.getvalue())
    content[len(content) * at // 100] ^= 1
    assert judge(tmp_path, bytes(content)).reason == "undecodable"
