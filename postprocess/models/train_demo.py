"""Train the demo's model on a labelled folder of drawings, and ship its weights.

python -m carscrape.demo.pictures FOLDER
python -m postprocess.models.train_demo FOLDER
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from postprocess.backbones import demo_model
from postprocess.models.facts import demo, file_sha256
from postprocess.pixels import read_pixels

EPOCHS = 12
BATCH = 64
LEARNING_RATE = 5e-3
HELD_OUT = 10  # every tenth picture is not trained on
RECOLORED = 0.6  # of the pictures, with red, green and blue in another order
MARGIN = 24  # pixels more than the model takes, to crop from

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


def train(folder: Path, weights: Path) -> float:
    """Write weights trained on FOLDER/<label>/*.jpg; return the accuracy on the held-out part.

    Raises:
        FileNotFoundError: a label has no pictures.
    """
    pictures, labels = _read(folder)
    order = np.random.default_rng(0)
    held_out = np.arange(len(labels)) % HELD_OUT == 0
    model = demo_model()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    for epoch in range(EPOCHS):
        model.optimizer.learning_rate = LEARNING_RATE * (1 - epoch / EPOCHS)
        chosen = order.permutation(np.flatnonzero(~held_out))
        varied = np.stack([_varied(order, pictures[i]) for i in chosen])
        model.fit(varied, labels[chosen], BATCH, verbose=2)
    centred = np.stack([_resized(picture) for picture in pictures[held_out]])
    _, accuracy = model.evaluate(centred, labels[held_out], BATCH, verbose=0)
    _save(model.get_weights(), weights)
    return float(accuracy)


def _read(folder: Path) -> tuple[Pixels, Indices]:
    pictures, labels = [], []
    for index, label in enumerate(demo().classes):
        paths = sorted((folder / label).glob("*.jpg"))
        if not paths:
            raise FileNotFoundError(f"no pictures in {folder / label}")
        size = demo().input_size + MARGIN
        pictures += [read_pixels(path.read_bytes(), size) for path in paths]
        labels += [index] * len(paths)
    return np.stack(pictures), np.array(labels)


def _varied(rng: np.random.Generator, picture: Pixels) -> Pixels:
    """A crop of the picture in another light and other colours, sometimes mirrored."""
    left, top = rng.integers(0, MARGIN, 2)
    right, bottom = len(picture) - rng.integers(0, MARGIN, 2)
    pixels = _resized(picture, (left, top, right, bottom)).astype(np.float32)
    light = rng.uniform(0.75, 1.2) * rng.uniform(0.92, 1.08, 3)
    pixels = np.clip(pixels * light + rng.normal(0, 4, pixels.shape), 0, 255)
    # Colours that change places leave the shapes to learn from: grass is green in the demo only.
    channels = rng.permutation(3) if rng.random() < RECOLORED else np.arange(3)
    return pixels[:, :: rng.choice([-1, 1]), channels].astype(np.uint8)


def _resized(picture: Pixels, box: tuple[int, int, int, int] | None = None) -> Pixels:
    size = demo().input_size
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR, box))


def _save(values: Sequence[npt.NDArray[np.float32]], path: Path) -> None:
    """Write the weights alone: a model that was compiled would add its optimizer's."""
    model = demo_model()
    model.set_weights(values)
    model.save_weights(path)
    card = replace(demo(), sha256=file_sha256(path))
    path.with_name("demo.json").write_text(json.dumps(asdict(card), indent=2) + "\n")


def main() -> None:
    """Train, and print the accuracy and the new hash."""
    parser = argparse.ArgumentParser(prog="python -m postprocess.models.train_demo")
    parser.add_argument("folder", type=Path, help="a sub-folder of pictures for each class")
    weights = Path(__file__).with_name("demo.weights.h5")
    try:
        accuracy = train(parser.parse_args().folder, weights)
    except OSError as error:
        sys.exit(f"cannot train: {error}")
    print(f"accuracy {accuracy:.4f} on held-out drawings, sha256 {file_sha256(weights)}")


if __name__ == "__main__":
    main()
