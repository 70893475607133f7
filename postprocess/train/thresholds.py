"""When a judge overrules a label, and what that costs."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from postprocess.models.judges import FLOOR
from postprocess.train.pictures import Numbers

MAJORITY = 0.5  # another class is at least as probable where a label is rejected
COST = 0.03  # of the images may be right ones that are lost
_TELLING = 0.5  # of exchanged labels must be found, or the ratio is chance

Verdicts = npt.NDArray[np.bool_]


class Threshold(NamedTuple):
    """What a label must be probable to, and what was expected of it when it was chosen."""

    min_support: float
    noise: float  # share of the labels that is wrong
    lost: float  # share of the images that is right and rejected


def support(soft: Numbers, probabilities: Numbers) -> Numbers:
    """How probable each label is, as a share of how probable it could be."""
    said: Numbers = (soft * probabilities).sum(axis=1) / soft.max(axis=1)
    return said


def contradicted(soft: Numbers, probabilities: Numbers, min_support: float) -> Verdicts:
    """Which images the judge rejects."""
    weak = support(soft, probabilities) < min_support
    verdicts: Verdicts = weak & (probabilities.max(axis=1) >= MAJORITY)
    return verdicts


def choose(soft: Numbers, probabilities: Numbers) -> Threshold:
    """The largest threshold, up to `MAJORITY`, that loses no more right labels than `COST`.

    Below a threshold lie a share of the labels as they are, and a share of labels exchanged by lot.
    If w of all labels are wrong, and as easily seen as those, the first share is at least w of the
    second, whatever the threshold; so w is at most the least ratio of the two, and what lies below
    beyond w of the second are right labels. Where wrong labels are harder to see than that, w comes
    out too low and the loss too high.

    Args:
        probabilities: of networks that have not learnt from these images.
    """
    decided = probabilities.max(axis=1) >= MAJORITY
    likely = support(soft, probabilities)[decided]
    others = np.ones_like(soft, bool)
    others[np.arange(len(soft)), soft.argmax(axis=1)] = False
    exchanged = probabilities[decided][others[decided]]
    steps = np.append(np.sort(likely[likely < MAJORITY]), MAJORITY)
    steps = steps[steps >= FLOOR]  # what is less probable is not written down
    rejected = np.searchsorted(np.sort(likely), steps) / len(soft)
    found = np.searchsorted(np.sort(exchanged), steps) / others.sum()
    telling = found >= _TELLING
    noise = min((rejected[telling] / found[telling]).tolist(), default=0.0)
    lost = np.maximum(rejected - noise * found, 0)
    affordable = np.flatnonzero(lost <= COST)
    if not telling.any() or not len(affordable):
        return Threshold(0.0, noise, 0.0)
    last = int(affordable[-1])
    return Threshold(float(steps[last]), min(noise, 1.0), float(lost[last]))


def mislabelled(soft: Numbers, seed: int) -> Numbers:
    """Every image under another class by lot: what a judge ought to reject."""
    classes = soft.shape[1]
    away = np.random.default_rng(seed).integers(1, classes, len(soft))
    wrong: Numbers = np.eye(classes, dtype=np.float32)[(soft.argmax(axis=1) + away) % classes]
    return wrong
