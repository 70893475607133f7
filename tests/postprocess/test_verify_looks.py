"""What is rejected for how it looks, and the score that says so."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from judging import ANY_SIZE, SHARED, judge, verdict
from PIL import Image as Pillow
from PIL import ImageDraw
from stores import make_store

from carscrape.recipe import load
from postprocess import pipeline
from postprocess.funnel import count
from postprocess.looks import look
from postprocess.stages.verify import Verify

pytestmark = pytest.mark.accepts("C06")


def encoded(image: Pillow.Image, format_: str = "JPEG") -> bytes:
    file = io.BytesIO()
    image.save(file, format_)
    return file.getvalue()


def photo(size: tuple[int, int] = (320, 240)) -> Pillow.Image:
    """Nothing in it is flat."""
    noise = np.random.default_rng(3).integers(0, 256, (12, 16, 3), np.uint8)
    return Pillow.fromarray(noise).resize(size, Pillow.Resampling.BICUBIC)


def not_available(ground: tuple[int, int, int]) -> Pillow.Image:
    image = Pillow.new("RGB", (320, 240), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 60, 200, 120), outline=(150, 150, 150), width=6)
    draw.text((160, 160), "NO IMAGE AVAILABLE", (140, 140, 140), anchor="mm", font_size=24)
    return image


@pytest.mark.parametrize(
    ("size", "reason", "score"),
    [((1, 1), "too_small", 1), ((10_000, 3), "too_small", 3), ((600, 100), "odd_shape", 6.0)],
)
def test_specks_and_strips(
    tmp_path: Path, size: tuple[int, int], reason: str, score: float
) -> None:
    for format_ in ("JPEG", "PNG"):
        said = judge(tmp_path, encoded(photo(size), format_), Verify())
        assert (said.keep, said.reason, said.score) == (False, reason, score)


@pytest.mark.parametrize("size", [(1, 1), (10_000, 3), (3, 10_000), (1, 300)])
def test_specks_and_strips_have_looks_where_they_are_let_in(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    said = judge(tmp_path, encoded(photo(size)))
    assert said.keep
    assert 0 <= said.columns["drawing"] <= 1


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 30, 40)])
def test_a_single_colour(tmp_path: Path, colour: tuple[int, int, int], format_: str) -> None:
    said = judge(tmp_path, encoded(Pillow.new("RGB", (200, 150), colour), format_), Verify())
    assert (said.keep, said.reason) == (False, "single_colour")
    assert said.score > 0.99


def test_a_single_colour_with_noise_and_a_speck(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(120, 123, (150, 200, 3), np.uint8)
    pixels[70:80, 90:100] = 0
    said = judge(tmp_path, encoded(Pillow.fromarray(pixels), "PNG"), Verify())
    assert (said.reason, said.score > 0.98) == ("single_colour", True)


@pytest.mark.parametrize("ground", [(238, 238, 238), (255, 255, 255), (30, 30, 30)])
def test_a_placeholder(tmp_path: Path, ground: tuple[int, int, int]) -> None:
    said = judge(tmp_path, encoded(not_available(ground)), Verify())
    assert (said.keep, said.reason) == (False, "placeholder")
    assert said.score == said.columns["placeholder"] > Verify().max_placeholder
    assert judge(tmp_path, encoded(not_available(ground)), ANY_SIZE).keep


def test_a_photo_is_none_of_them_not_even_in_grey(tmp_path: Path) -> None:
    for image in (photo(), photo().convert("L")):
        said = judge(tmp_path, encoded(image), Verify())
        assert said.keep
        assert said.columns["placeholder"] == 0
        assert said.columns["drawing"] < 0.3


def test_a_drawing_is_rejected_only_if_asked_for(tmp_path: Path) -> None:
    image = Pillow.new("RGB", (320, 240), (30, 60, 200))
    ImageDraw.Draw(image).ellipse((60, 40, 260, 200), fill=(250, 220, 30))
    said = judge(tmp_path, encoded(image), Verify())
    assert said.keep
    assert said.columns["drawing"] > 0.6
    said = judge(tmp_path, encoded(image), Verify(max_drawing=0.6))
    assert (said.keep, said.reason, said.score) == (False, "drawing", said.columns["drawing"])
    assert judge(tmp_path, encoded(photo()), Verify(max_drawing=0.6)).keep


@pytest.mark.parametrize(
    ("asked", "rejected"),
    [
        ("", set()),
        ("max_drawing = 0.6", {"drawing"}),
        ("max_trailing = 0", {"trailing"}),
        ("max_drawing = 0.6\nmax_trailing = 3", {"drawing"}),
    ],
)
@pytest.mark.accepts("C09")
def test_a_recipe_asks_for_it(tmp_path: Path, asked: str, rejected: set[str]) -> None:
    image = Pillow.new("RGB", (320, 240), (30, 60, 200))
    ImageDraw.Draw(image).ellipse((60, 40, 260, 200), fill=(250, 220, 30))
    store = make_store(tmp_path, [encoded(photo()), encoded(image), encoded(photo()) + b"123"])
    text = store.recipe_path.read_text().replace("[filter]", f"[filter]\n{asked}")
    store.recipe_path.write_text(text)
    verify, *_ = pipeline.build(load(str(store.recipe_path)), "demo")
    pipeline.run(store, [verify])
    (counted,) = count(store).stages
    assert counted.rejected == dict.fromkeys(rejected, 1)


def test_equal_neighbours_and_the_mean_are_counted_right() -> None:
    rgb = np.zeros((2, 5, 3), np.uint8)
    rgb[:, 3:] = (10, 20, 30)
    looks = look(rgb)
    assert looks.drawing == 6 / 8
    assert looks.mean == (4, 8, 12)


def test_a_threshold_is_part_of_the_key() -> None:
    changed = [replace(Verify(), **{name: 0.5}) for name in ("max_flat", "max_placeholder")]
    assert len({stage.key() for stage in [Verify(), *changed]}) == 3


@pytest.mark.skipif(not SHARED.exists(), reason="no shared pictures beside here")
def test_seven_of_eight_real_placeholders_are_found() -> None:
    paths = sorted((SHARED / "junk" / "placeholder").iterdir())
    said = [verdict(path, Verify()).reason for path in paths]
    assert said.count("placeholder") >= len(paths) - 1
