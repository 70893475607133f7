"""The images of a store with what a judge may learn from: soft labels, splits and folds."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from carscrape.store import Store
from postprocess.dataset import splits
from postprocess.dataset.examples import read_examples
from postprocess.labels import sources
from postprocess.models.judges import Target
from postprocess.train.targets import OTHER, SUBJECT, soft_label
from postprocess.verdicts import Verdicts, image_ids

FOLDS = 4  # parts of the training split, each judged by a network that learnt from the others
NO_FOLD = -1
_REJECTED = ("no_subject", "low_probability")  # by the stage subject, because of what it saw


class Row(NamedTuple):
    """One image with its label."""

    id: str  # sha256, hex
    split: str
    fold: int  # NO_FOLD outside of the training split
    label: Mapping[str, float]  # class -> share; {}: it has none


def labelled(store: Store, target: Target, seed: int) -> list[Row]:
    """The kept images, sorted by id, and for `subject` those that it rejected.

    Args:
        seed: of the splits; those that were drawn before stay.

    Raises:
        SplitError: the store was split with another seed, or its split is damaged.
        StoreError: the store cannot be read, or was not judged to the end.
    """
    rows = [*_kept(store, target, seed), *_rejected(store, target, seed)]
    return sorted(rows, key=lambda row: row.id)


def _kept(store: Store, target: Target, seed: int) -> Iterator[Row]:
    examples = read_examples(store, seed).rows
    drawn = splits.read(store)
    units = dict(zip(drawn["id"].to_pylist(), drawn["unit"].to_pylist(), strict=True))
    found = sources(store)
    for one in examples:
        said = [source.attributes for source in found[one.id]]
        fold = _fold(seed, units[bytes.fromhex(one.id)]) if one.split == "train" else NO_FOLD
        sure = [one.evidence.get(f"confidence_{name}") for name in target.attributes]
        label = soft_label(target, one.attributes, said, min(filter(None, sure), default=1.0))
        yield Row(one.id, one.split, fold, label)


def _rejected(store: Store, target: Target, seed: int) -> Iterator[Row]:
    """What shows something else. No export needs their split, so it is not remembered."""
    verdicts = Verdicts(store)
    for step in verdicts.walk(image_ids(store), verdicts.current()):
        for row in step.rejected.to_pylist() if SUBJECT == step.stage == target.name else ():
            if row["reason"] in _REJECTED:
                split = splits.draw(seed, row["id"])
                fold = _fold(seed, row["id"]) if split == "train" else NO_FOLD
                yield Row(row["id"].hex(), split, fold, {OTHER: 1.0})


def _fold(seed: int, unit: bytes) -> int:
    return hashlib.sha256(b"fold %d " % seed + unit).digest()[0] % FOLDS
