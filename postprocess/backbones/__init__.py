"""The networks that say what an image shows: the only package that names Keras.

Keras is imported inside functions only, so that nothing else waits seconds for it.
"""

import warnings
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import as_file
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.error import URLError

from postprocess.backbones.check import check_backbone
from postprocess.models.facts import (
    DEMO,
    DEMO_WEIGHTS,
    OPENVINO,
    demo,
    file_sha256,
    imagenet_synsets,
)
from postprocess.models.weights import DAMAGED, IMAGENET, BackboneError
from postprocess.quiet import import_quietly, quiet
from postprocess.runtimes import OpenVino

__all__ = ["Backbone", "check_backbone", "demo_model", "load_backbone"]


@dataclass(frozen=True)
class Backbone:
    """A network and what its outputs mean."""

    model: Any  # predict_on_batch: (n, side, side, 3) uint8 RGB -> (n, classes)
    classes: tuple[str, ...]  # ImageNet synset of each output


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
    keras = keras_here()
    if name == DEMO:
        model, classes = trained_demo_model(), tuple(demo().classes.values())
    else:
        model, classes = _application(keras, name, weights), imagenet_synsets()
    return Backbone(OpenVino(model) if runtime == OPENVINO else model, classes)


def demo_model() -> Any:
    """The demo's model, not trained: a few convolutions, and how strongly each is ever met."""
    keras = import_keras()
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


def trained_demo_model() -> Any:
    with as_file(DEMO_WEIGHTS) as path:
        if file_sha256(path) != demo().sha256:
            raise BackboneError("the demo model's weights are damaged: install the project again")
        return loaded(demo_model(), path, DEMO)


def _application(keras: ModuleType, name: str, weights: Path | None) -> Any:
    """A classifier of `keras.applications`, its preprocessing and a softmax in one graph."""
    model = on_pixels(keras, name, classifier(keras, name, weights))
    return keras.Model(model.input, keras.layers.Softmax(dtype="float32")(model.output))


def classifier(keras: ModuleType, name: str, weights: Path | None) -> Any:
    """A classifier of `keras.applications` as it comes: prepared pixels -> logits."""
    if weights is None:
        return _downloaded(getattr(keras.applications, name), name)
    return loaded(untrained(keras, name), weights, name)


def untrained(keras: ModuleType, name: str) -> Any:
    """The same with weights that were drawn by lot."""
    return _built(getattr(keras.applications, name), name)


def _built(application: Any, name: str) -> Any:
    try:
        return application(weights=None, classifier_activation=None)
    except ValueError as error:  # a backend that it cannot run on
        raise BackboneError(f"Keras cannot build {name}: {error}") from error


def on_pixels(keras: ModuleType, name: str, network: Any) -> Any:
    """A network with an application's preprocessing before it, in one graph."""
    pixels = keras.Input(network.input_shape[1:], dtype="uint8")
    prepared = _preprocess(keras, name)(keras.ops.cast(pixels, "float32"))
    return keras.Model(pixels, network(prepared))


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


def loaded(model: Any, path: Path, name: str) -> Any:
    """The model with the weights of an HDF5 file; nothing else in the file is ever read."""
    try:
        with warnings.catch_warnings(action="error", category=UserWarning):
            model.load_weights(path)  # a warning here means weights left at random
    except (*DAMAGED, UserWarning) as error:
        raise BackboneError(f"the weights {path} are damaged or not those of a {name}") from error
    return model


def import_keras() -> ModuleType:
    """Keras, which takes seconds to load.

    Raises:
        BackboneError: it is not here, or its backend is not.
    """
    try:
        return import_quietly("keras")
    except (ImportError, ValueError) as error:  # ValueError: a KERAS_BACKEND that is none
        why = f"Keras cannot start ({error}): install postprocess/requirements.txt"
        raise BackboneError(why) from error


def keras_here() -> ModuleType:
    """Keras, which from now on computes as precisely as suits this machine."""
    keras = import_keras()
    keras.config.set_dtype_policy(_precision(keras))
    return keras


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
