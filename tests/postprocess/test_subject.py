import csv
import random
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from stores import sha

from carscrape.demo.pictures import BODIES, COLORS, OTHER_KINDS, draw_car, draw_other
from carscrape.recipe import load as load_recipe
from postprocess.backbones import Backbone
from postprocess.models.facts import imagenet_synsets
from postprocess.models.weights import BackboneError
from postprocess.pixels import read_picture, read_pixels, sharpness
from postprocess.stage import Image, Verdict
from postprocess.stages import subject
from postprocess.stages.subject import Prepared, Subject
from postprocess.workers import prepared

SHARED = Path(__file__).parents[2] / ".." / "shared"
MOBILENET = SHARED / "weights" / "mobilenet_v2_imagenet.weights.h5"
CARS = load_recipe("cars").subject.synsets()
CLASSES = imagenet_synsets()[:6]
SUBJECT = frozenset(CLASSES[:2])


class Oracle:
    """A network that says what it was told to, and remembers what it was shown."""

    def __init__(self, rows: Sequence[Sequence[float]]) -> None:
        self.rows = np.array(rows, np.float32)
        self.shown: list[tuple[int, ...]] = []

    def predict_on_batch(self, batch: Any) -> Any:
        self.shown.append(batch.shape)
        padding = np.full((len(batch) - len(self.rows), self.rows.shape[1]), 1 / len(CLASSES))
        return np.concatenate([self.rows, padding.astype(np.float32)])


def _judge(stage: Subject, *rows: Sequence[float]) -> tuple[list[Verdict], Oracle]:
    oracle = Oracle(rows)
    pixels = [Prepared(np.zeros((4, 4, 3), np.uint8), 7.0)] * len(rows)
    images = [Image(f"{n:064x}", Path("unread")) for n in range(len(rows))]
    return stage.judge(Backbone(oracle, CLASSES), images, pixels), oracle


def _stage(top_k: int = 2, min_probability: float = 0.1) -> Subject:
    return Subject("demo", None, SUBJECT, top_k, min_probability)


def test_each_reason_and_what_goes_with_it() -> None:
    (ok, weak, none), _ = _judge(
        _stage(top_k=3),
        [0.2, 0.1, 0.6, 0.1, 0.0, 0.0],
        [0.06, 0.03, 0.91, 0.0, 0.0, 0.0],
        [0.1, 0.1, 0.3, 0.2, 0.2, 0.1],
    )
    assert (ok.keep, ok.reason, ok.score) == (True, "ok", pytest.approx(0.3))
    assert ok.columns == {
        "top1": CLASSES[2],
        "top1_probability": pytest.approx(0.6),
        "rank": 2,
        "sharpness": 7.0,
    }
    assert (weak.keep, weak.reason, weak.score) == (False, "low_probability", pytest.approx(0.09))
    assert (none.keep, none.reason, none.columns["rank"]) == (False, "no_subject", 4)


def test_a_short_batch_is_padded_so_that_one_shape_is_ever_seen() -> None:
    row = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    for count in (1, 5, 32):
        verdicts, oracle = _judge(_stage(), *[row] * count)
        assert len(verdicts) == count
        assert oracle.shown == [(32, 4, 4, 3)]


@given(
    rows=st.lists(st.lists(st.integers(0, 100), min_size=6, max_size=6), min_size=1, max_size=5),
    top_k=st.integers(1, 6),
    percent=st.integers(0, 100),
)
def test_kept_is_among_the_best_and_probable_enough(
    rows: list[list[int]], top_k: int, percent: int
) -> None:
    shares = [[value / (sum(row) or 1) for value in row] for row in rows]
    for row, verdict in zip(shares, _judge(_stage(top_k, percent / 100), *shares)[0], strict=True):
        better = sum(value > max(row[:2]) + 1e-9 for value in row[2:])
        assert verdict.columns["rank"] == better + 1
        if abs(sum(row[:2]) - percent / 100) > 1e-4:
            assert verdict.keep == (better < top_k and sum(row[:2]) >= percent / 100)
        assert verdict.keep == (verdict.reason == "ok")


def test_the_key_follows_the_thresholds_and_the_content_of_the_weights(tmp_path: Path) -> None:
    one, same, other = (tmp_path / f"{name}.weights.h5" for name in ("one", "same", "other"))
    one.write_bytes(b"a")
    same.write_bytes(b"a")
    other.write_bytes(b"b")

    def key(weights: Path | None, top_k: int = 4) -> str:
        return Subject("ResNet50", weights, CARS, top_k).key()

    assert key(one) == key(same)
    assert len({key(one), key(other), key(None), key(one, top_k=5)}) == 4
    assert key(None) == Subject("ResNet50", None, frozenset(sorted(CARS, reverse=True))).key()
    one.write_bytes(b"now longer")
    assert key(one) != key(same)


def test_the_identity_names_the_decoder_and_no_path(tmp_path: Path) -> None:
    weights = tmp_path / "w.weights.h5"
    weights.write_bytes(b"a")
    identity = Subject("ResNet50", weights, CARS).identity()
    assert "Pillow" in identity["decoder"]
    assert "bilinear" in identity["decoder"]  # the filter
    assert str(tmp_path) not in str(identity)


def test_weights_that_are_not_there_stop_the_stage_before_any_image(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match=r"none\.h5"):
        Subject("ResNet50", tmp_path / "none.h5", CARS).identity()


@pytest.mark.parametrize(
    ("synset", "said"),
    [("n00000001", "none of ImageNet's"), ("n01440764", "knows none of the recipe's synsets")],
)
def test_synsets_that_the_model_cannot_know_stop_the_stage(synset: str, said: str) -> None:
    with pytest.raises(BackboneError, match=said):
        Subject("demo", None, frozenset({synset})).open()


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_rgb_of_the_size_asked_for(mode: str, tmp_path: Path) -> None:
    path = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
    Pillow.new(mode, (40, 20)).save(path)
    pixels = read_pixels(path.read_bytes(), 24)
    assert (pixels.shape, pixels.dtype) == ((24, 24, 3), np.uint8)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    image = Pillow.new("RGBA", (20, 20), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 20, 10))
    image.save(tmp_path / "x.png")
    pixels = read_pixels((tmp_path / "x.png").read_bytes(), 20)
    assert pixels[2, 10].tolist() == [0, 0, 255]
    assert pixels[17, 10].tolist() == [255, 255, 255]


def test_a_picture_stands_upright(tmp_path: Path) -> None:
    image = Pillow.new("RGB", (600, 400), "white")
    image.paste((0, 0, 0), (0, 0, 600, 200))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned clockwise: its top is on the right
    image.save(tmp_path / "x.jpg", exif=exif)
    pixels = read_pixels((tmp_path / "x.jpg").read_bytes(), 32)
    assert pixels[16, 28].max() < 20
    assert pixels[16, 3].min() > 235


def test_the_file_is_decoded_once_and_its_sharpness_is_that_of_what_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.jpg"
    Pillow.effect_noise((1500, 1200), 80).convert("RGB").save(path)
    read = []

    def reading(*arguments: Any) -> Any:
        read.append(read_picture(*arguments))
        return read[-1]

    monkeypatch.setattr(subject, "read_picture", reading)
    ready = _stage().prepare(_image(path))
    (picture,) = read
    assert picture.size < (1500, 1200)
    assert ready.sharpness == sharpness(picture) > 0
    assert np.array_equal(ready.pixels, read_pixels(path.read_bytes(), len(ready.pixels)))


def test_a_damaged_file_raises(tmp_path: Path) -> None:
    Pillow.effect_noise((300, 300), 80).save(tmp_path / "x.png")
    content = (tmp_path / "x.png").read_bytes()
    (tmp_path / "x.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(OSError, match="truncated"):
        _stage().prepare(_image(tmp_path / "x.png"))


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    grey = np.repeat(np.linspace(0, 65535, 64, dtype=np.uint16)[None], 64, axis=0)
    for options in ({}, {"transparency": 4}):
        file = BytesIO()
        Pillow.fromarray(grey).save(file, "PNG", **options)
        row = read_pixels(file.getvalue(), 64)[0, :, 0]
        assert np.array_equal(row, grey[0] >> 8)


def test_other_formats_than_a_store_holds_are_not_opened() -> None:
    file = BytesIO()
    Pillow.new("RGB", (40, 20)).save(file, "TIFF")
    with pytest.raises(UnidentifiedImageError):
        read_pixels(file.getvalue(), 24)


def test_odd_metadata_is_passed_over_in_silence(tmp_path: Path) -> None:
    """A warning would be an error here."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01"  # breaks off
    Pillow.new("RGB", (40, 20)).save(tmp_path / "x.jpg", exif=exif)
    ((_, ready),) = prepared(_stage(), [_image(tmp_path / "x.jpg")])
    assert isinstance(ready, Prepared)


def _image(path: Path) -> Image:
    return Image(sha(path.read_bytes()), path)


def _judged(stage: Subject, backbone: Backbone, paths: Sequence[Path]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for start in range(0, len(paths), stage.batch_size):
        images = [_image(path) for path in paths[start : start + stage.batch_size]]
        verdicts += stage.judge(backbone, images, [stage.prepare(image) for image in images])
    return verdicts


def test_the_demo_model_tells_drawn_cars_from_other_drawings(tmp_path: Path) -> None:
    """Drawings of the demo's style, which it was not trained on."""
    cars = [draw_car(s, body, color) for s in "ab" for body in BODIES for color in COLORS]
    others = [draw_other(str(seed), kind) for seed in range(8) for kind in OTHER_KINDS]
    paths = []
    for n, image in enumerate([*cars, *others]):
        paths.append(tmp_path / f"{n}.jpg")
        image.save(paths[-1], quality=85)
    stage = Subject("demo", None, CARS)
    verdicts = _judged(stage, stage.open(), paths)
    right = [verdict.keep == (n < len(cars)) for n, verdict in enumerate(verdicts)]
    assert sum(right) >= 0.97 * len(right)


def test_a_verdict_does_not_hang_on_the_batch_it_was_made_in(tmp_path: Path) -> None:
    paths = []
    for n, body in enumerate(BODIES * 2):
        paths.append(tmp_path / f"{n}.png")
        draw_car(str(n), body, "red").save(paths[-1])
    stage = Subject("demo", None, CARS)
    backbone = stage.open()
    together = [verdict.score for verdict in _judged(stage, backbone, paths)]
    alone = [_judged(stage, backbone, [path])[0].score for path in paths]
    assert alone == pytest.approx(together, abs=1e-4)


def test_on_real_photos_cars_are_kept_and_nothing_else() -> None:
    """MobileNetV2, squashed, sum >= 0.1: all of 764 cars, none of 311 other things."""
    if not MOBILENET.exists():
        pytest.skip("needs ../shared/weights")
    stage = Subject("MobileNetV2", MOBILENET, CARS)
    backbone = stage.open()
    cars = random.Random(1).sample(sorted((SHARED / "images" / "cars").rglob("*.jpg")), 60)
    with (SHARED / "images" / "imagenet" / "INDEX.tsv").open() as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["synset"] not in CARS]
    others = [SHARED / "images" / "imagenet" / row["file"] for row in rows[::6]]
    assert [verdict.reason for verdict in _judged(stage, backbone, cars)] == ["ok"] * len(cars)
    kept = [verdict.keep for verdict in _judged(stage, backbone, others)]
    assert kept == [False] * len(others)
