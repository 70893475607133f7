"""The images that a judge learns from, each with its soft label, its split and its fold."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carscrape.store import Store
from postprocess.labels import kept_images
from postprocess.models.judges import Target
from postprocess.stage import Image
from postprocess.tables import stored_images
from postprocess.train.errors import TrainError
from postprocess.train.labelled import Row, labelled

FEWEST = {"train": 10, "val": 2}  # images of a class
FEWEST_IN_ALL = {"val": 20, "test": 10}


@dataclass(frozen=True)
class Samples:
    """Images in the order of their ids; all arrays have their length."""

    images: list[Image]
    split: npt.NDArray[np.str_]
    fold: npt.NDArray[np.int64]  # NO_FOLD outside of the training split
    soft: npt.NDArray[np.float32]  # (n, classes), rows sum to 1
    classes: tuple[str, ...]
    left_out: int  # kept images that have no label here, or one of which there are too few

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """The places of the images of one split."""
        return np.flatnonzero(self.split == split)

    def take(self, rows: npt.NDArray[np.int64]) -> "Samples":
        """Some of them."""
        images = [self.images[row] for row in rows]
        arrays = (self.split[rows], self.fold[rows], self.soft[rows])
        return Samples(images, *arrays, self.classes, self.left_out)

    @property
    def digest(self) -> str:
        """A hash of the ids, splits, folds and labels (hex): what was learnt from."""
        digest = hashlib.sha256(json.dumps(self.classes).encode())
        for image, split, fold, soft in zip(
            self.images, self.split, self.fold, self.soft, strict=True
        ):
            digest.update(f"{image.id} {split} {fold} ".encode() + soft.tobytes())
        return digest.hexdigest()


def read_samples(store: Store, target: Target, seed: int) -> Samples:
    """The kept images with a label of this target, and for `subject` those that it rejected.

    Args:
        seed: of the splits; those that were drawn before stay.

    Raises:
        TrainError: nothing was kept, or there are too few images, or of one class only.
        SplitError: the store was split with another seed, or its split is damaged.
        StoreError: the store cannot be read, or was not judged to the end.
    """
    if not kept_images(store).num_rows:
        raise TrainError(
            f"no image of {store.root} was kept, so there is nothing to learn from: "
            f"python -m postprocess status {store.root} shows where they were lost"
        )
    rows = labelled(store, target, seed)
    classes = _classes(rows)
    _check_classes(target, classes)
    known = [row for row in rows if not classes.isdisjoint(row.label)]
    samples = _samples(store, known, tuple(sorted(classes)), len(rows) - len(known))
    check_number(target, samples)
    return samples


def _classes(rows: Iterable[Row]) -> set[str]:
    """The classes with enough images, each of which counts for its largest share."""
    rows = [row for row in rows if row.label]
    largest = Counter((row.split, max(row.label, key=row.label.__getitem__)) for row in rows)
    names = {name for _, name in largest}
    return {
        name
        for name in names
        if all(largest[split, name] >= fewest for split, fewest in FEWEST.items())
    }


def _check_classes(target: Target, classes: Collection[str]) -> None:
    if len(classes) < 2:
        needed = " and ".join(f"{fewest} images in {split}" for split, fewest in FEWEST.items())
        found = f"only {min(classes)!r} has" if classes else "no class has"
        raise TrainError(
            f"too few images to tell {target.name} apart: {found} {needed}; crawl more"
        )


def check_number(target: Target, samples: Samples) -> None:
    """Refuse what nothing could be learnt or measured on.

    Raises:
        TrainError: validation or test is too small, or all for training are copies of one another.
    """
    if len(np.unique(samples.fold[samples.rows("train")])) < 2:
        raise TrainError(f"too few images to learn {target.name} from in the split train")
    for split, fewest in FEWEST_IN_ALL.items():
        if (found := len(samples.rows(split))) < fewest:
            raise TrainError(
                f"too few images to judge a judge of {target.name} by: {found} in the split "
                f"{split}, and {fewest} are needed; crawl more"
            )


def _samples(store: Store, rows: list[Row], classes: tuple[str, ...], left_out: int) -> Samples:
    stored = stored_images(store)
    types = dict(zip(stored["id"].to_pylist(), stored["type"].to_pylist(), strict=True))
    soft = np.zeros((len(rows), len(classes)), np.float32)
    for number, row in enumerate(rows):
        for name in row.label.keys() & set(classes):
            soft[number, classes.index(name)] = row.label[name]
    return Samples(
        images=[
            Image(row.id, store.image_path(row.id, types[bytes.fromhex(row.id)])) for row in rows
        ],
        split=np.array([row.split for row in rows]),
        fold=np.array([row.fold for row in rows]),
        soft=soft / soft.sum(axis=1, keepdims=True),
        classes=classes,
        left_out=left_out,
    )
