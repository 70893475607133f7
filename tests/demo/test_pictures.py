import hashlib
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from carscrape.demo.drawing.style import DEMO, TRAINING, Style
from carscrape.demo.pictures import (
    BODIES,
    COLORS,
    OTHER_KINDS,
    draw_car,
    draw_other,
    write_folder,
)


def _digest(image: Image.Image) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("color", COLORS)
def test_every_car_can_be_drawn_in_every_color(body: str, color: str) -> None:
    image = draw_car("1", body, color)
    assert image.mode == "RGB"
    assert 320 <= image.width <= 480
    assert 220 <= image.height <= 380


@pytest.mark.parametrize("style", [DEMO, TRAINING], ids=lambda style: style.salt)
@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_every_other_kind_can_be_drawn(kind: str, style: Style) -> None:
    for seed in "abcdef":
        assert draw_other(seed, kind, style).mode == "RGB"


def test_a_picture_depends_on_its_arguments_and_on_nothing_else() -> None:
    code = (
        "import hashlib; from carscrape.demo.pictures import draw_car;"
        "print(hashlib.sha256(draw_car('7', 'van', 'red').tobytes()).hexdigest())"
    )
    other_process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert other_process.stdout.strip() == _digest(draw_car("7", "van", "red"))


def test_seeds_bodies_and_colors_make_different_pictures() -> None:
    digests = {_digest(draw_car(s, b, c)) for s in "xy" for b in BODIES for c in COLORS}
    digests |= {_digest(draw_other(s, kind)) for s in "xy" for kind in OTHER_KINDS}
    assert len(digests) == 2 * (len(BODIES) * len(COLORS) + len(OTHER_KINDS))


@pytest.mark.parametrize("body", BODIES)
def test_a_car_shows_its_color(body: str) -> None:
    shares = {color: np.mean([_share(s, body, color) for s in "abc"]) for color in COLORS}
    assert all(share > 0.05 for share in shares.values()), shares


def _share(seed: str, body: str, color: str) -> float:
    """The share of pixels near the paint, light and jitter allowed."""
    pixels = np.asarray(draw_car(seed, body, color)).astype(int)
    return float((np.abs(pixels - COLORS[color]).max(axis=2) < 45).mean())


def test_colors_can_be_told_apart() -> None:
    nearest = min(
        sum((a - b) ** 2 for a, b in zip(COLORS[one], COLORS[other], strict=True)) ** 0.5
        for one, other in combinations(COLORS, 2)
    )
    assert nearest > 50


def test_the_two_styles_draw_from_different_palettes_and_places() -> None:
    assert not set(DEMO.paints.values()) & set(TRAINING.paints.values())
    assert not set(DEMO.accents) & set(TRAINING.accents)
    places = [{*style.roads, *style.lands, *style.waters} for style in (DEMO, TRAINING)]
    assert not places[0] & places[1]
    assert _digest(draw_car("1", "suv", "red")) != _digest(draw_car("1", "suv", "red", TRAINING))


def test_the_training_folder_has_a_folder_for_each_label(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "drawings"
    labels = (*BODIES, *OTHER_KINDS)
    write_folder(folder, 2 * len(labels))
    assert {path.name for path in folder.iterdir()} == set(labels)
    assert all(len(list((folder / label).glob("*.jpg"))) == 2 for label in labels)


def test_the_command_line_tells_of_a_folder_it_cannot_write(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    command = [sys.executable, "-m", "carscrape.demo.pictures", str(taken), "--count", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert str(taken) in done.stderr
    assert "Traceback" not in done.stderr
