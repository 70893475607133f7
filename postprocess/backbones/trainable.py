"""Networks that are trained here: a backbone, and a head with new classes on it."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.backbones import (
    classifier,
    demo_model,
    import_keras,
    keras_here,
    loaded,
    on_pixels,
    trained_demo_model,
    untrained,
)
from postprocess.models.facts import DEMO

TOP = 1 / 3  # of a backbone's layers are trained where it is fine-tuned; the demo's are few: all
HEAD_RATE = 3e-3  # of Adam, for heads
TOP_RATE = 1e-4  # for the top of a backbone that knows photos ...
DEMO_RATE = 1e-3  # ... and for the demo's, which knows shapes in any colour
DROPPED = 0.5  # of the features, at each step
_AFTER_FEATURES = 4  # layers of the demo's model from the features on: they, dropout, classes


@dataclass(frozen=True)
class Network:
    """A backbone and a head; `model` shares the weights of both."""

    body: Any  # (n, side, side, 3) uint8 RGB -> features (n, width)
    top: Sequence[Any]  # the layers of the backbone that fine-tuning trains
    top_rate: float
    head: Any  # features -> logits (n, classes) float32
    model: Any  # pixels -> logits


def make_repeatable(seed: int) -> None:
    """Let whatever is built and trained from now on be the same each time, on a CPU."""
    keras = import_keras()
    keras.utils.clear_session()  # it numbers layers, and writes the numbers into files
    keras.utils.set_random_seed(seed)
    # It warns of programs that build a network again and again by mistake.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if keras.config.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.experimental.enable_op_determinism()


def build(name: str, weights: Path | None, classes: int) -> Network:
    """A backbone with its trained weights (see `load_backbone`), and a head that knows nothing.

    Raises:
        BackboneError: no such backbone, Keras is not installed, or the weights are missing or wrong
    """
    return _network(name, classes, lambda keras: _known(keras, name, weights))


def load(name: str, weights: Path, classes: int) -> Any:
    """The model that `save` wrote: pixels -> logits.

    Raises:
        BackboneError: no such backbone, Keras is not installed, or the weights are damaged or
            those of another.
    """
    return loaded(_network(name, classes, lambda keras: _unknown(keras, name)).model, weights, name)


def save(network: Network, path: Path) -> None:
    """Write the weights alone, without those of any optimizer.

    Raises:
        OSError: the file cannot be written.
    """
    keras = import_keras()
    plain = _joined(keras, network.body, network.head)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        plain.save_weights(path)  # Keras copies arrays in a way that NumPy 2 warns of


def standardise(network: Network, features: npt.NDArray[np.float32]) -> None:
    """Let the head see these features with mean 0 and variance 1, or less where it is tiny."""
    network.head.layers[0].set_weights([features.mean(axis=0), features.var(axis=0)])


def release_top(network: Network) -> None:
    """Let the top of the backbone be trained."""
    for layer in network.top:
        layer.trainable = True


def prepare_to_fit(model: Any, rate: float) -> None:
    """Say how `train_on_batch` learns: by Adam, from the cross entropy with soft labels."""
    keras = import_keras()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(rate), loss)


def _network(name: str, classes: int, made: Any) -> Network:
    keras = keras_here()
    network = made(keras)
    body = network if name == DEMO else on_pixels(keras, name, network)
    for layer in network.layers:
        layer.trainable = False
    averages = keras.layers.BatchNormalization  # better left alone: batches are small
    first = 0 if name == DEMO else int(len(network.layers) * (1 - TOP))
    top = [layer for layer in network.layers[first:] if not isinstance(layer, averages)]
    head = keras.Sequential(
        [
            keras.Input((body.output_shape[-1],)),
            keras.layers.BatchNormalization(
                center=False, scale=False, trainable=False, dtype="float32"
            ),
            keras.layers.Dropout(DROPPED, dtype="float32"),
            keras.layers.Dense(classes, dtype="float32"),
        ]
    )
    rate = DEMO_RATE if name == DEMO else TOP_RATE
    return Network(body, top, rate, head, _joined(keras, body, head))


def _joined(keras: ModuleType, body: Any, head: Any) -> Any:
    return keras.Model(body.input, head(body.output))


def _known(keras: ModuleType, name: str, weights: Path | None) -> Any:
    if name == DEMO:
        return _features_of_demo(keras, trained_demo_model())
    return _features(keras, classifier(keras, name, weights))


def _unknown(keras: ModuleType, name: str) -> Any:
    if name == DEMO:
        return _features_of_demo(keras, demo_model())
    return _features(keras, untrained(keras, name))


def _features_of_demo(keras: ModuleType, model: Any) -> Any:
    return keras.Model(model.input, model.layers[-_AFTER_FEATURES].output)


def _features(keras: ModuleType, network: Any) -> Any:
    """A classifier up to where it last looks at places, averaged over them."""
    maps = [
        layer.output
        for layer in network.layers
        if len(shape := layer.output.shape) == 4 and shape[1] > 1
    ]
    return keras.Model(network.input, keras.layers.GlobalAveragePooling2D()(maps[-1]))
