"""The networks that say what an image shows: the only file that names Keras.

Keras is imported inside functions only, so that nothing else waits seconds for it.
"""

import os
import warnings
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import as_file
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import URLError

from postprocess.models.facts import (
    DEMO,
    DEMO_WEIGHTS,
    INPUT_SIZES,
    OPENVINO,
    demo,
    file_sha256,
    imagenet_synsets,
)
from postprocess.models.weights import DAMAGED, IMAGENET, BackboneError, check_weights
from postprocess.quiet import import_quietly, quiet
from postprocess.runtimes import OpenVino

_BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")  # that Keras knows


@dataclass(frozen=True)
class Backbone:
    """A network and what its outputs mean."""

    model: Any  # predict_on_batch: (n, side, side, 3) uint8 RGB -> (n, classes)
    classes: tuple[str, ...]  # ImageNet synset of each output


def check_backbone(
    name: str, weights: Path | None, runtime: str = "", sha256: str | None = None
) -> None:
    """Refuse what no later run can mend, before anything is written; needs no Keras.

    Args:
        sha256: the hash that the weights must have (hex).

    Raises:
        BackboneError: no such model, weights that are none or not those that were meant, or a
            KERAS_BACKEND or runtime that is not here.
    """
    if name != DEMO and name not in INPUT_SIZES:
        known = "ResNet50, MobileNetV2, EfficientNetB0, ..."
        raise BackboneError(f"no backbone {name!r}: use demo or one of Keras's, like {known}")
    if name == DEMO and weights is not None:
        raise BackboneError("the demo model brings its own weights: leave out --weights")
    if sha256 is not None and weights is None:
        raise BackboneError("--weights-sha256 says what --weights must be: give that, too")
    if weights is not None:
        check_weights(weights, sha256)
    _check_backend(runtime)


def _check_backend(runtime: str) -> None:
    backend = os.environ.get("KERAS_BACKEND", "")
    if backend and backend not in _BACKENDS:
        raise BackboneError(f"KERAS_BACKEND={backend} is none of {', '.join(_BACKENDS)}: unset it")
    if backend and find_spec(backend) is None:
        raise BackboneError(
            f"KERAS_BACKEND={backend} is not installed here: unset it, or install {backend}"
        )
    if runtime == OPENVINO and find_spec(OPENVINO) is None:
        raise BackboneError(
            "OpenVINO is not installed here: install postprocess/requirements-openvino.txt,"
            " or leave out --runtime"
        )
    if runtime == OPENVINO and backend not in ("", "tensorflow"):
        raise BackboneError("--runtime openvino takes networks of TensorFlow: unset KERAS_BACKEND")


def load_backbone(
    name: str = "ResNet50", weights: Path | None = None, runtime: str = ""
) -> Backbone:
    """Build a backbone and load its weights.

    `demo` is the small model for drawn pictures that ships with the project; any other name is a
    classifier of `keras.applications`, with the weights in a file, or else those that Keras
    downloads once.

    Raises:
        BackboneError: no such model, Keras is not installed, or the weights are missing or wrong.
    """
    check_backbone(name, weights, runtime)
    keras = _import_keras()
    keras.config.set_dtype_policy(_precision(keras))
    if name == DEMO:
        model, classes = _trained_demo_model(), tuple(demo().classes.values())
    else:
        model, classes = _application(keras, name, weights), imagenet_synsets()
    return Backbone(OpenVino(model) if runtime == OPENVINO else model, classes)


def demo_model() -> Any:
    """The demo's model, not trained: a few convolutions, and how strongly each is ever met."""
    keras = _import_keras()
    layers = keras.layers
    pixels = keras.Input((demo().input_size, demo().input_size, 3), dtype="uint8")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    x = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(x)
    for filters, strides in ((48, 2), (64, 1), (96, 2), (96, 1), (128, 2), (160, 1)):
        x = layers.SeparableConv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dropout(0.2)(layers.GlobalMaxPooling2D()(x))
    x = layers.Dense(len(demo().classes))(x)
    return keras.Model(pixels, layers.Softmax(dtype="float32")(x))


def _trained_demo_model() -> Any:
    with as_file(DEMO_WEIGHTS) as path:
        if file_sha256(path) != demo().sha256:
            raise BackboneError("the demo model's weights are damaged: install the project again")
        return _loaded(demo_model(), path, DEMO)


def _application(keras: ModuleType, name: str, weights: Path | None) -> Any:
    """A classifier of `keras.applications`, its preprocessing and a softmax in one graph."""
    application = getattr(keras.applications, name)
    if weights is None:
        classifier = _downloaded(application, name)
    else:
        classifier = _loaded(_built(application, name), weights, name)
    pixels = keras.Input(classifier.input_shape[1:], dtype="uint8")
    prepared = _preprocess(keras, name)(keras.ops.cast(pixels, "float32"))
    return keras.Model(pixels, keras.layers.Softmax(dtype="float32")(classifier(prepared)))


def _built(application: Any, name: str) -> Any:
    try:
        return application(weights=None, classifier_activation=None)
    except ValueError as error:  # a backend that it cannot run on
        raise BackboneError(f"Keras cannot build {name}: {error}") from error


def _preprocess(keras: ModuleType, name: str) -> Any:
    """The function that stands beside the application; MobileNetV3 has it in its own graph."""
    for module in vars(keras.applications).values():
        if hasattr(module, name) and hasattr(module, "preprocess_input"):
            return module.preprocess_input
    return lambda pixels: pixels


def _downloaded(application: Any, name: str) -> Any:
    """The application with the weights in Keras's cache, which it fills from the network."""
    try:
        return application(weights=IMAGENET, classifier_activation=None)
    except Exception as error:
        # A download that fails is a bare Exception, whose context tells it from a bug; one that
        # has the wrong checksum is a ValueError.
        if not isinstance(error, (OSError, ValueError)) and not isinstance(
            error.__context__, URLError
        ):
            raise
        raise BackboneError(
            f"no ImageNet weights for {name} ({' '.join(str(error).split())}): give them with"
            " --weights FILE.weights.h5, or choose --backbone demo for drawn pictures"
        ) from error


def _loaded(model: Any, path: Path, name: str) -> Any:
    """The model with the weights of an HDF5 file; nothing else in the file is ever read."""
    try:
        with warnings.catch_warnings(action="error", category=UserWarning):
            model.load_weights(path)  # a warning here means weights left at random
    except (*DAMAGED, UserWarning) as error:
        raise BackboneError(f"the weights {path} are damaged or not those of a {name}") from error
    return model


def _import_keras() -> ModuleType:
    try:
        return import_quietly("keras")
    except (ImportError, ValueError) as error:  # ValueError: a KERAS_BACKEND that is none
        why = f"Keras cannot start ({error}): install postprocess/requirements.txt"
        raise BackboneError(why) from error


def _precision(keras: ModuleType) -> str:
    """Half precision on a GPU only: a CPU is slower with it."""
    backend = keras.config.backend()
    if backend == "torch":  # whose devices Keras does not list
        gpu = import_module(backend).cuda.is_available()
    else:
        with quiet():
            devices = keras.distribution.list_devices() if backend in ("tensorflow", "jax") else ()
        gpu = any(name.startswith("gpu") for name in devices)
    return "mixed_float16" if gpu else "float32"
