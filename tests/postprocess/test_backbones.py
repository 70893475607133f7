import csv
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest

from carscrape.demo.pictures import BODIES, OTHER_KINDS
from carscrape.recipe import load as load_recipe
from postprocess import backbones
from postprocess.backbones import check, check_backbone, load_backbone
from postprocess.models.facts import (
    DEMO_WEIGHTS,
    INPUT_SIZES,
    demo,
    imagenet_synsets,
    input_size,
)
from postprocess.models.weights import BackboneError

SHARED = Path(__file__).parents[2] / ".." / "shared"
SMALL = "MobileNetV3Small"


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import keras

    path = tmp_path_factory.mktemp("weights") / "small.weights.h5"
    keras.utils.set_random_seed(1)
    model = keras.applications.MobileNetV3Small(weights=None)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        model.save_weights(path)  # Keras copies arrays in a way that NumPy 2 warns of
    return path


def test_there_are_a_thousand_synsets_in_their_order() -> None:
    synsets = imagenet_synsets()
    assert len(set(synsets)) == 1000
    assert synsets == tuple(sorted(synsets))


def test_the_class_table_agrees_with_pictures_whose_class_is_known() -> None:
    index = SHARED / "images" / "imagenet" / "INDEX.tsv"
    if not index.exists():
        pytest.skip("needs ../shared/images")
    with index.open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert len(rows) > 300
    assert all(imagenet_synsets()[int(row["class_index"])] == row["synset"] for row in rows)


def test_the_demo_model_speaks_of_cars_in_the_words_of_the_shipped_recipe() -> None:
    asked = load_recipe("cars").subject.synsets()
    assert asked < set(imagenet_synsets())
    assert set(demo().classes) == {*BODIES, *OTHER_KINDS}
    assert set(demo().classes.values()) < set(imagenet_synsets())
    assert {label for label, synset in demo().classes.items() if synset in asked} == set(BODIES)


def test_the_demo_model_loads_and_gives_probabilities() -> None:
    backbone = load_backbone("demo")
    size = input_size("demo")
    said = backbone.model.predict_on_batch(np.zeros((3, size, size, 3), np.uint8))
    assert said.shape == (3, len(backbone.classes))
    assert said.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_demo_weights_are_small_and_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content = DEMO_WEIGHTS.read_bytes()
    assert len(content) < 1 << 20
    damaged = tmp_path / "demo.weights.h5"
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    monkeypatch.setattr(backbones, "DEMO_WEIGHTS", damaged)
    with pytest.raises(BackboneError, match="damaged"):
        load_backbone("demo")


def test_weights_from_a_file_give_the_same_as_keras_gives(random_weights: Path) -> None:
    import keras

    backbone = load_backbone(SMALL, random_weights)
    theirs = keras.applications.MobileNetV3Small(weights=None)
    theirs.load_weights(random_weights)
    pixels = np.random.default_rng(2).integers(0, 256, (2, 224, 224, 3), np.uint8)
    ours = backbone.model.predict_on_batch(pixels)
    assert ours == pytest.approx(theirs.predict_on_batch(pixels.astype(np.float32)), abs=1e-5)
    assert backbone.classes == imagenet_synsets()


def test_every_model_of_keras_is_known_with_its_size() -> None:
    import keras

    models = {name for name, value in vars(keras.applications).items() if callable(value)}
    assert set(INPUT_SIZES) == models
    for name in ("EfficientNetV2B3", "NASNetMobile", "VGG16"):
        model = getattr(keras.applications, name)(weights=None)
        assert model.input_shape[1:3] == (input_size(name), input_size(name))


def test_what_a_model_needs_done_to_the_pixels_is_in_its_graph() -> None:
    import keras

    pixels = np.random.default_rng(2).integers(0, 256, (1, 8, 8, 3)).astype(np.float32)
    prepared = np.asarray(backbones._preprocess(keras, "ResNet50")(pixels.copy()))
    blue_mean, red_mean = 103.939, 123.68
    assert prepared[..., 0] == pytest.approx(pixels[..., 2] - blue_mean, abs=1e-3)
    assert prepared[..., 2] == pytest.approx(pixels[..., 0] - red_mean, abs=1e-3)
    assert np.array_equal(backbones._preprocess(keras, SMALL)(pixels), pixels)


def test_weights_that_are_missing_wrong_or_another_models_are_named(
    random_weights: Path, tmp_path: Path
) -> None:
    text = tmp_path / "notes.weights.h5"
    text.write_text("no weights")
    cut = tmp_path / "cut.weights.h5"
    cut.write_bytes(random_weights.read_bytes()[:-100_000])
    for name, path, said in [
        (SMALL, tmp_path, "holds no weights"),
        (SMALL, text, "notes.weights.h5 holds no weights"),
        (SMALL, cut, "cut.weights.h5 are damaged"),
        ("MobileNet", random_weights, "small.weights.h5 are damaged or not those of a MobileNet"),
        ("demo", random_weights, "brings its own weights"),
        ("ResNet51", random_weights, "no backbone 'ResNet51'"),
        ("imagenet_utils", random_weights, "no backbone 'imagenet_utils'"),
    ]:
        with pytest.raises(BackboneError, match=said) as raised:
            load_backbone(name, path)
        assert "\n" not in str(raised.value)


def _no_network(weights: str | None = None, **_: object) -> None:
    try:
        raise URLError("no network")
    except URLError:
        raise Exception("URL fetch failure on https://...")  # noqa: B904 as Keras does


def _corrupt(weights: str | None = None, **_: object) -> None:
    raise ValueError("Incomplete or corrupted file detected.\nThe hash does not match.")


def _bug(weights: str | None = None, **_: object) -> None:
    raise AttributeError("a bug")


def test_without_weights_and_network_it_says_how_to_give_them() -> None:
    with pytest.raises(BackboneError, match=r"no ImageNet weights for ResNet50.*--weights FILE"):
        backbones._downloaded(_no_network, "ResNet50")


def test_a_corrupt_download_is_one_clear_line_that_says_so() -> None:
    with pytest.raises(BackboneError, match=r"corrupted file detected\. The hash.*--weights FILE"):
        backbones._downloaded(_corrupt, "ResNet50")


def test_a_backend_that_cannot_run_a_model_is_one_line() -> None:
    def nasnet(**_: object) -> None:
        raise ValueError("NASNetMobile is not available with the torch backend")

    with pytest.raises(BackboneError, match="cannot build NASNetMobile: NASNetMobile is not"):
        backbones._built(nasnet, "NASNetMobile")


def test_a_bug_in_building_a_model_is_not_called_a_failed_download() -> None:
    with pytest.raises(AttributeError, match="a bug"):
        backbones._downloaded(_bug, "ResNet50")


@pytest.mark.parametrize(
    ("backend", "devices", "policy"),
    [
        ("tensorflow", ["cpu:0"], "float32"),
        ("tensorflow", ["gpu:0", "gpu:1"], "mixed_float16"),
        ("jax", ["gpu:0"], "mixed_float16"),
        ("torch", [], "float32"),
        ("torch", ["gpu:0"], "mixed_float16"),
        ("openvino", ["gpu:0"], "float32"),
    ],
)
def test_half_precision_is_for_a_gpu_only(
    monkeypatch: pytest.MonkeyPatch, backend: str, devices: list[str], policy: str
) -> None:
    torch = SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: bool(devices)))
    monkeypatch.setitem(sys.modules, "torch", torch)
    keras = SimpleNamespace(
        config=SimpleNamespace(backend=lambda: backend),
        distribution=SimpleNamespace(list_devices=lambda: devices),
    )
    assert backbones._precision(keras) == policy


def test_loading_says_nothing_on_the_terminal() -> None:
    code = "from postprocess.backbones import load_backbone; load_backbone('demo')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        ("abacus", "KERAS_BACKEND=abacus is none of tensorflow, jax, .*: unset it"),
        ("torch", "KERAS_BACKEND=torch is not installed here: unset it, or install torch"),
    ],
)
def test_a_backend_that_is_not_here_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, backend: str, said: str
) -> None:
    monkeypatch.setattr(check, "find_spec", lambda name: None)
    monkeypatch.setenv("KERAS_BACKEND", backend)
    with pytest.raises(BackboneError, match=said):
        check_backbone("demo", None)
    with pytest.raises(BackboneError, match=said):
        load_backbone("demo")
