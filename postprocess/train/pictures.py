"""Images as networks learn from them: as features of a backbone, or as pixels on disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from carscrape.store import WriteError
from postprocess.backbones.trainable import Network
from postprocess.pixels import read_pixels
from postprocess.progress import bar
from postprocess.stage import Image, ImageStage
from postprocess.workers import Failure, batched, prepared

BATCH = 32

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Squares(ImageStage):
    """Decodes ahead; verify has decoded all of these before, in child processes."""

    prepare_in: ClassVar[Literal["process", "thread"]] = "thread"

    size: int  # pixels

    def prepare(self, image: Image) -> Pixels:
        return read_pixels(image.read(), self.size)


@dataclass(frozen=True)
class Looks:
    """What was made of the images that can be read; all arrays have their length."""

    rows: Rows  # their places among the images
    features: Numbers  # (n, width)
    pixels: Pixels | None  # (n, side, side, 3), on disk, where they were asked for


def look(network: Network, images: Sequence[Image], file: Path | None) -> Looks:
    """Let a backbone look at each image once.

    Args:
        file: where to put the pixels; None: nowhere.

    Raises:
        WriteError: the disk is full, or cannot be written.
    """
    side = network.body.input_shape[1]
    pixels = None if file is None else _on_disk(file, (len(images), side, side, 3))
    rows: list[int] = []
    features = []
    with bar("look", len(images)) as advance:
        for batch in batched(_squares(images, side), BATCH):
            places, squares = zip(*batch, strict=True)
            features.append(padded(network.body, np.stack(squares)))
            if pixels is not None:
                pixels[len(rows) : len(rows) + len(squares)] = squares
            rows += places
            advance(len(batch))
    kept = None if pixels is None else pixels[: len(rows)]
    return Looks(np.array(rows, np.int64), np.concatenate(features), kept)


def padded(model: Any, batch: npt.NDArray[Any]) -> Numbers:
    """A model's outputs for at most `BATCH` rows; it sees one shape only, so compiles once."""
    full = np.zeros((BATCH, *batch.shape[1:]), batch.dtype)
    full[: len(batch)] = batch
    said: Numbers = np.asarray(model.predict_on_batch(full), np.float32)[: len(batch)]
    return said


def _squares(images: Sequence[Image], size: int) -> Iterator[tuple[int, Pixels]]:
    places = {image.id: place for place, image in enumerate(images)}
    for image, value in prepared(_Squares(size), images):
        if not isinstance(value, Failure):
            yield places[image.id], value


def _on_disk(file: Path, shape: tuple[int, ...]) -> Pixels:
    try:
        return np.memmap(file, np.uint8, "w+", shape=shape)
    except OSError as error:
        raise WriteError(f"cannot write {file}: {error.strerror}") from error
