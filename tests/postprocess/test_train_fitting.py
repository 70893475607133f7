"""How networks are fitted: to what, how long, how precisely, and to nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from postprocess import backbones
from postprocess.backbones import import_keras, trainable
from postprocess.stage import Image
from postprocess.train import fitting
from postprocess.train.crossing import cross
from postprocess.train.fitting import Options, fit
from postprocess.train.labelled import FOLDS, NO_FOLD
from postprocess.train.pictures import Looks, Numbers
from postprocess.train.samples import Samples

CLASSES = ("a", "b", "c")


def samples(count: int) -> Samples:
    random = np.random.default_rng(8)
    split = random.choice(["train", "val", "test"], count, p=[0.6, 0.2, 0.2])
    fold = np.where(split == "train", random.integers(0, FOLDS, count), NO_FOLD)
    soft = np.eye(len(CLASSES), dtype=np.float32)[random.integers(0, 3, count)]
    images = [Image(f"{n:064x}", Path("unread")) for n in range(count)]
    return Samples(images, split, fold, soft, CLASSES, 0)


def trained(change: Callable[[Samples, Numbers], None]) -> tuple[Numbers, float, list[Numbers]]:
    """What is said of all images, and the network, where features tell the classes apart."""
    some = samples(120)
    features = np.random.default_rng(9).normal(0, 1, (120, 160)).astype(np.float32)
    features[:, :3] += 2 * some.soft
    change(some, features)
    looks = Looks(np.arange(120), features, None)
    crossed = cross(Options("demo", epochs=3), looks, some)
    return crossed.said, crossed.temperature, crossed.fitted.network.head.get_weights()


@pytest.fixture(scope="module")
def untouched() -> tuple[Numbers, float, list[Numbers]]:
    return trained(lambda some, features: None)


def test_the_loop_never_looks_at_the_test_split(
    untouched: tuple[Numbers, float, list[Numbers]],
) -> None:
    def spoilt(some: Samples, features: Numbers) -> None:
        test = some.rows("test")
        features[test] = np.nan
        some.soft[test] = np.nan

    said, temperature, weights = trained(spoilt)
    assert np.array_equal(said, untouched[0], equal_nan=True)
    assert np.isnan(said[samples(120).rows("test")]).all()
    assert temperature == untouched[1]
    assert all(map(np.array_equal, weights, untouched[2]))


def test_no_image_is_judged_by_a_network_that_learnt_its_label(
    untouched: tuple[Numbers, float, list[Numbers]],
) -> None:
    """Where the label of one image is another, what is said of its own fold stays the same."""
    one = int(samples(120).rows("train")[0])
    fold = samples(120).fold == samples(120).fold[one]

    def another(some: Samples, features: Numbers) -> None:
        some.soft[one] = np.roll(some.soft[one], 1)

    said, _, _ = trained(another)
    assert np.array_equal(said[fold], untouched[0][fold])
    others = (samples(120).fold != NO_FOLD) & ~fold
    assert not np.array_equal(said[others], untouched[0][others])


def seen(count: int) -> tuple[Samples, Looks]:
    """Squares as bright as their class says, and what the demo's backbone makes of them."""
    some = samples(count)
    bright = 200 * some.soft[:, None, None]
    pixels = np.zeros((count, 96, 96, 3), np.uint8) + bright.astype(np.uint8)
    trainable.make_repeatable(0)
    body = trainable.build("demo", None, 3).body
    return some, Looks(np.arange(count), body.predict(pixels, verbose=0), pixels)


def test_the_top_of_the_backbone_is_trained_where_that_is_asked_for() -> None:
    some, looks = seen(60)
    known = trainable.build("demo", None, 3).body
    options = Options("demo", epochs=2, fine_tune=True)
    network = fit(options, looks, some.soft, some.rows("train"), some.rows("val")).network
    pairs = zip(network.body.layers, known.layers, strict=True)
    trained = {
        type(one).__name__
        for one, other in pairs
        if not all(map(np.array_equal, one.get_weights(), other.get_weights()))
    }
    assert trained == {"Conv2D", "SeparableConv2D"}  # and no averages


def test_training_stops_where_validation_gets_no_better_and_goes_back_to_its_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Features of pure chance: whatever is learnt from them is wrong elsewhere."""
    some = samples(120)
    chance = np.random.default_rng(3).normal(0, 1, (120, 160)).astype(np.float32)
    looks = Looks(np.arange(120), chance, None)
    losses: list[float] = []
    loss = fitting.loss
    monkeypatch.setattr(fitting, "loss", lambda *a: losses.append(loss(*a)) or losses[-1])
    split = some.rows("train"), some.rows("val")
    stopped = fit(Options("demo", epochs=500), looks, some.soft, *split)
    assert len(losses) == 1 + stopped.epochs + fitting.PATIENCE
    assert min(losses) == losses[stopped.epochs]
    as_long = fit(Options("demo", epochs=stopped.epochs), looks, some.soft, *split)
    pairs = zip(stopped.network.head.get_weights(), as_long.network.head.get_weights(), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.fixture
def half_precision(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a GPU."""
    monkeypatch.setattr(backbones, "_precision", lambda keras: "mixed_float16")
    yield
    import_keras().config.set_dtype_policy("float32")


@pytest.mark.usefixtures("half_precision")
def test_training_in_half_precision_learns_and_keeps_whole_weights(tmp_path: Path) -> None:
    some, looks = seen(60)
    options = Options("demo", epochs=3, fine_tune=True)
    fitted = fit(options, looks, some.soft, some.rows("train"), some.rows("val"))
    network = fitted.network
    assert {layer.compute_dtype for layer in network.top} >= {"float16"}
    assert {weight.dtype for weight in network.model.trainable_weights} == {"float32"}
    assert type(network.model.optimizer).__name__ == "LossScaleOptimizer"
    logits = fitted.logits(looks, some.rows("test"))
    assert np.isfinite(logits).all()
    assert (logits.argmax(axis=1) == some.soft[some.rows("test")].argmax(axis=1)).mean() > 0.9
    trainable.save(network, tmp_path / "w.weights.h5")
    again = trainable.load("demo", tmp_path / "w.weights.h5", 3)
    known = looks.pixels[some.rows("test")] if looks.pixels is not None else None
    assert np.allclose(again.predict(known, verbose=0), logits, atol=0.05)
