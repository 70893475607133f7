"""A judge: a classifier that was trained on a store, as it lies in a folder.

FOLDER/judge.json says all of it and names the other two files by their hashes: the weights, and
what was said of each image that it learnt from, by a network that had not seen it. It is written
last, so where it is, the judge is whole.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from postprocess.models.facts import DEMO, INPUT_SIZES, file_sha256, input_size
from postprocess.models.weights import BackboneError, check_weights
from postprocess.usage import UsageError

FACTS = "judge.json"
FLOOR = 1e-4  # less probable classes are not written down
OPINIONS = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),  # sha256 of the image
        pa.field("classes", pa.list_(pa.string()), nullable=False),  # the most probable first
        pa.field("probabilities", pa.list_(pa.float32()), nullable=False),
    ]
)

Numbers = npt.NDArray[np.float32]
Opinion = tuple[list[str], list[float]]  # classes and their probabilities, the largest first


@dataclass(frozen=True)
class Target:
    """What a judge tells apart."""

    name: str  # as on the command line
    attributes: tuple[str, ...]  # whose values say which it is
    # values -> class -> share, where values are no classes themselves
    labels: Mapping[str, Mapping[str, float]]

    def shares(self, attributes: Mapping[str, str]) -> Mapping[str, float]:
        """The label of an image with these attributes: class -> share; {} where it has none."""
        values = [attributes.get(name) for name in self.attributes]
        if None in values:
            return {}
        words = " ".join(map(str, values))
        return self.labels.get(words, {}) if self.labels else {words: 1.0}


@dataclass(frozen=True)
class Judge:
    """What is known of a judge without loading its network."""

    sha256: str  # of its facts, which hold the hashes of all the rest
    target: Target
    classes: tuple[str, ...]  # in the order of the outputs
    backbone: str
    input_size: int  # pixels
    temperature: float  # that logits are divided by
    min_support: float  # a label with less gives way ...
    majority: float  # ... to a class that is at least as probable as this
    weights: Path
    opinions: Path

    def said(self, logits: Numbers) -> Numbers:
        """Probabilities of the classes, rows as the logits have them."""
        return softmax(logits / self.temperature)


def softmax(logits: Numbers) -> Numbers:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Numbers = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def opinion(classes: tuple[str, ...], probabilities: Numbers) -> Opinion:
    """The classes that are probable at all, the most probable first."""
    order = np.argsort(-probabilities, kind="stable")
    order = order[: max(1, int((probabilities >= FLOOR).sum()))]
    return [classes[index] for index in order], [float(probabilities[index]) for index in order]


def read_judge(folder: Path) -> Judge:
    """Read the facts, and refuse weights that are not whole or not those that they name.

    Raises:
        UsageError: there is no judge, or it is damaged.
    """
    path = folder / FACTS
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = f"{folder} holds no judge: no {FACTS} that can be read; make one with the verb train"
        raise UsageError(why) from error
    try:
        return _judge(folder, file_sha256(path), json.loads(content))
    except (KeyError, TypeError, ValueError, AttributeError, BackboneError) as error:
        raise UsageError(f"{path} is damaged ({error}): train the judge again") from error


def _judge(folder: Path, sha256: str, facts: dict[str, Any]) -> Judge:
    target = facts["target"]
    weights = _checked(folder, facts["weights"])
    check_weights(weights)
    name = str(facts["backbone"])
    if name not in (DEMO, *INPUT_SIZES) or facts["input_size"] != input_size(name):
        raise ValueError(f"no backbone {name!r} of {facts['input_size']} pixels")
    return Judge(
        sha256=sha256,
        target=Target(str(target["name"]), tuple(target["attributes"]), dict(target["labels"])),
        classes=tuple(map(str, facts["classes"])),
        backbone=name,
        input_size=int(facts["input_size"]),
        temperature=float(facts["temperature"]),
        min_support=float(facts["min_support"]),
        majority=float(facts["majority"]),
        weights=weights,
        opinions=_checked(folder, facts["opinions"]),
    )


def _checked(folder: Path, file: Mapping[str, str]) -> Path:
    path = folder / Path(file["name"]).name
    try:
        found = file_sha256(path)
    except OSError as error:
        raise ValueError(f"{path.name}: {error.strerror}") from error
    if found != file["sha256"]:
        raise ValueError(f"{path.name} is another file than it names")
    return path


@cache
def opinions(path: Path, sha256: str) -> dict[str, Opinion]:
    """What was said of the images that the judge was trained on: id (hex) -> opinion.

    Raises:
        BackboneError: the file is damaged.
    """
    try:
        table = pq.read_table(path, schema=OPINIONS)
    except (OSError, pa.ArrowException) as error:
        raise BackboneError(f"cannot read {path}: train the judge again") from error
    columns = (table[name].to_pylist() for name in OPINIONS.names)
    return {id_.hex(): (names, shares) for id_, names, shares in zip(*columns, strict=True)}
