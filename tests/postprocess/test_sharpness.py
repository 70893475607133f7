from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from postprocess.pixels import SHARPNESS_SIDE, read_picture, sharpness
from tests.conftest import ROOT

PHOTOS = ROOT / ".." / "shared" / "images" / "imagenet"


def noise(side: int, sigma: float = 60) -> Image.Image:
    return Image.effect_noise((side, side), sigma).convert("RGB")


def test_a_plain_picture_has_none_however_small_it_is() -> None:
    for size in ((1, 1), (2, 1), (1, 400), (3, 3), (640, 480)):
        assert sharpness(Image.new("RGB", size, "red")) == 0


def test_the_more_blurred_the_lower() -> None:
    picture = noise(300)
    blurred = [sharpness(picture.filter(ImageFilter.GaussianBlur(r))) for r in (0, 1, 2, 4)]
    assert blurred == sorted(blurred, reverse=True)
    assert blurred[3] < 0.1 * blurred[0]


def test_a_larger_file_of_the_same_picture_is_as_sharp() -> None:
    """It is measured at one scale, and nothing is enlarged."""
    picture = noise(SHARPNESS_SIDE).filter(ImageFilter.GaussianBlur(3))
    larger = picture.resize((4 * SHARPNESS_SIDE,) * 2, Image.Resampling.BICUBIC)
    assert sharpness(larger) == pytest.approx(sharpness(picture), rel=0.3)
    assert larger.size == (4 * SHARPNESS_SIDE,) * 2


def blurred_by(picture: Image.Image, factor: int) -> Image.Image:
    small = picture.reduce(factor)
    return small.resize(picture.size, Image.Resampling.BICUBIC)


def test_real_photos_that_were_blurred_are_told_from_those_that_were_not() -> None:
    if not PHOTOS.exists():
        pytest.skip("needs ../shared/images")
    paths = sorted(path for path in Path(PHOTOS).iterdir() if path.suffix == ".JPEG")[::6]
    pictures = [read_picture(path.read_bytes(), SHARPNESS_SIDE) for path in paths]
    pictures = [picture for picture in pictures if min(picture.size) >= 200]
    sharp = [sharpness(picture) for picture in pictures]
    blurred = [sharpness(blurred_by(picture, 3)) for picture in pictures]
    in_order = sum(one > other for one in sharp for other in blurred)
    assert in_order > 0.95 * len(sharp) * len(blurred)
