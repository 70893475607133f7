"""One network trained: its head first, then, where that is asked for, the top of its backbone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.backbones import trainable
from postprocess.backbones.trainable import Network
from postprocess.models.judges import softmax
from postprocess.train.pictures import BATCH, Looks, Numbers, Pixels, Rows, padded

PATIENCE = 5  # epochs without progress on the validation split

Inputs = npt.NDArray[Any]  # features or pixels


@dataclass(frozen=True)
class Options:
    """How a network is trained."""

    backbone: str = "ResNet50"
    weights: Path | None = None
    epochs: int = 40  # at most, of each of the two parts
    seed: int = 0
    fine_tune: bool = False


@dataclass(frozen=True)
class Fitted:
    """A trained network, and how long it was."""

    network: Network
    epochs: int

    def logits(self, looks: Looks, rows: Rows) -> Numbers:
        """What it says of some of the images."""
        if looks.pixels is None:
            return _outputs(self.network.head, looks.features, rows)
        return _outputs(self.network.model, looks.pixels, rows)


def fit(options: Options, looks: Looks, soft: Numbers, train: Rows, val: Rows) -> Fitted:
    """Train on some rows, and stop where others are judged no better.

    Raises:
        BackboneError: the backbone cannot be had.
    """
    trainable.make_repeatable(options.seed)
    order = np.random.default_rng(options.seed)
    network = trainable.build(options.backbone, options.weights, soft.shape[1])
    trainable.standardise(network, looks.features[train])
    trainable.prepare_to_fit(network.head, trainable.HEAD_RATE)
    parts: list[tuple[Any, Inputs]] = [(network.head, looks.features)]
    if looks.pixels is not None:
        parts.append((network.model, looks.pixels))
    epochs = 0
    for model, inputs in parts:
        if model is network.model:
            trainable.release_top(network)
            trainable.prepare_to_fit(model, network.top_rate)
        epochs += _fit(model, inputs, soft, (train, val), options.epochs, order)
    return Fitted(network, epochs)


def _fit(
    model: Any,
    inputs: Inputs,
    soft: Numbers,
    split: tuple[Rows, Rows],
    epochs: int,
    order: np.random.Generator,
) -> int:
    """Train, and leave the model as it was at its best; returns the epochs that took."""
    train, val = split
    best, weights, at = loss(_outputs(model, inputs, val), soft[val]), model.get_weights(), 0
    for epoch in range(1, epochs + 1):
        for rows in _batches(order.permutation(train)):
            model.train_on_batch(_varied(inputs[rows], order), soft[rows])
        now = loss(_outputs(model, inputs, val), soft[val])
        if now < best:
            best, weights, at = now, model.get_weights(), epoch
        elif epoch - at >= PATIENCE:
            break
    model.set_weights(weights)
    return at


def loss(logits: Numbers, soft: Numbers) -> float:
    """The mean cross entropy with soft labels."""
    return float(-(soft * np.log(np.maximum(softmax(logits), 1e-12))).sum(axis=1).mean())


def _outputs(model: Any, inputs: Inputs, rows: Rows) -> Numbers:
    parts = [padded(model, inputs[some]) for some in _batches(rows)]
    return np.concatenate(parts)


def _batches(rows: Rows) -> Iterator[Rows]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def _varied(inputs: Inputs, order: np.random.Generator) -> Inputs:
    """Half of the pictures mirrored; features as they are."""
    if inputs.ndim == 2:
        return inputs
    pixels: Pixels = inputs.copy()
    turned = order.random(len(pixels)) < 0.5
    pixels[turned] = pixels[turned, :, ::-1]
    return pixels
