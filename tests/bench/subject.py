"""How much of a network's own speed the stage subject reaches.

python -m tests.bench.subject PHOTOS [--network NAME[=FILE.weights.h5]]... [--runtime openvino]
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, repeat, takewhile
from math import inf
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np

from carscrape.recipe import load as load_recipe
from postprocess import backbones
from postprocess.backbones import Backbone
from postprocess.models.facts import RUNTIMES
from postprocess.stage import Image
from postprocess.stages.subject import Subject
from postprocess.workers import batched, prepared
from tests.bench.document import table
from tests.bench.verify import jpegs

SECONDS = 4.0  # that each measurement takes at least
ROUNDS = 5
MOST = 300  # photos
HEAD = ("network", "bare", "decode, 1 thread", "bound", "stage", "of the bound", "plain loop")


@dataclass(frozen=True)
class Row:
    """Images per second, the medians of `ROUNDS` rounds in one process."""

    network: str
    bare: float  # predict_on_batch on batches in memory
    decode: float  # `prepare` in one thread
    stage: float  # decoding in threads ahead of the network, as the runner does it
    loop: float  # Keras's load_img and predict, batch after batch

    @property
    def bound(self) -> float:
        """What decoding on the same cores leaves of the network's speed."""
        return 1 / (1 / self.bare + 1 / (self.decode * (os.cpu_count() or 1)))

    def cells(self) -> list[str]:
        """A line of the table, in the order of `HEAD`."""
        rates = (self.bare, self.decode, self.bound, self.stage)
        share = f"{self.stage / self.bound:.2f}"
        return [self.network, *(f"{rate:.0f}" for rate in rates), share, f"{self.loop:.0f}"]


def section(photos: Path, weights: Path) -> str:
    """The table for MobileNetV2, or why there is none."""
    missing = next((path for path in (photos, weights) if not path.exists()), None)
    if missing:
        return f"**subject**: not measured, for want of {missing}.\n"
    stage = Subject("MobileNetV2", weights, load_recipe("cars").subject.synsets())
    measured = [row.cells() for row in rows(photos, [stage])]
    return f"**subject**, images per second (wanted: 0.9 of the bound).\n\n{table(HEAD, measured)}"


def rows(photos: Path, stages: Sequence[Subject]) -> Iterator[Row]:
    """One row per stage; a network without a file of weights has them at random."""
    images = list(islice(jpegs(photos), MOST))
    for stage in stages:
        with patch.object(backbones, "_downloaded", _at_random):
            yield _row(stage, stage.open(), images)


def _at_random(application: Callable[..., Any], _: str) -> Any:
    return application(weights=None, classifier_activation=None)


def _row(stage: Subject, backbone: Backbone, images: Sequence[Image]) -> Row:
    batch = np.stack([stage.prepare(image).pixels for image in images[: stage.batch_size]])
    backbone.model.predict_on_batch(batch)  # the first compiles

    def bare() -> float:
        return _rate(len(backbone.model.predict_on_batch(batch)) for _ in repeat(None))

    def decode() -> float:
        return _rate(1 for image in cycle(images) if stage.prepare(image))

    def whole() -> float:
        ahead = batched(prepared(stage, _for_seconds(images)), stage.batch_size)
        return _rate((_judged(stage, backbone, some) for some in ahead), inf)

    def loop() -> float:
        some = batched(cycle(images), stage.batch_size)
        return _rate(_predicted(backbone, each) for each in some)

    _predicted(backbone, images[: stage.batch_size])  # compiles anew
    # In turn, so that what else the machine does falls on all of them alike.
    rounds = [(bare(), decode(), whole(), bare(), loop()) for _ in range(ROUNDS)]
    before, decoded, judged, after, looped = (median(rates) for rates in zip(*rounds, strict=True))
    name = " with ".join(filter(None, (stage.backbone, stage.runtime)))
    return Row(name, (before + after) / 2, decoded, judged, looped)


def _predicted(backbone: Backbone, images: Sequence[Image]) -> int:
    from keras.utils import load_img

    size = backbone.model.input_shape[1:3]
    batch = np.stack([np.asarray(load_img(image.path, target_size=size)) for image in images])
    return len(backbone.model.predict(batch, verbose=0))


def _judged(stage: Subject, backbone: Backbone, batch: Sequence[tuple[Image, Any]]) -> int:
    images, ready = zip(*batch, strict=True)
    return len(stage.judge(backbone, images, ready))


def _for_seconds(images: Sequence[Image]) -> Iterator[Image]:
    end = time.monotonic() + SECONDS
    return takewhile(lambda _: time.monotonic() < end, cycle(images))


def _rate(counts: Iterator[int], seconds: float = SECONDS) -> float:
    """What is counted, per second, until the time is over or nothing is left."""
    start, total = time.monotonic(), 0
    for count in counts:
        total += count
        if time.monotonic() - start >= seconds:
            break
    return total / (time.monotonic() - start)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.subject", description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--network", action="append", metavar="NAME[=FILE]")
    parser.add_argument("--runtime", choices=RUNTIMES, action="append", default=[""])
    options = parser.parse_args()
    synsets = load_recipe("cars").subject.synsets()
    stages = []
    for network in options.network or ["ResNet50"]:
        name, _, file = network.partition("=")
        weights = Path(file) if file else None
        stages += [Subject(name, weights, synsets, runtime=r) for r in options.runtime]
    print(table(HEAD, [row.cells() for row in rows(options.photos, stages)]))


if __name__ == "__main__":
    main()
