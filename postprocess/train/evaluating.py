"""How good a judge is, on images that nothing was chosen by."""

from dataclasses import dataclass

import numpy as np

from postprocess.score.wilson import Proportion
from postprocess.train.calibrating import Reliability, reliability
from postprocess.train.pictures import Numbers
from postprocess.train.thresholds import contradicted, mislabelled


@dataclass(frozen=True)
class Evaluation:
    """A judge against labels, of which some are wrong themselves."""

    right: Proportion  # images whose most probable class is their label's largest
    reliability: Reliability
    confusion: tuple[tuple[int, ...], ...]  # images by label (rows) and most probable class
    rejected: Proportion  # of the images as they are labelled: wrong ones, and what those cost
    found: Proportion  # of the same images under another label by lot


def evaluate(soft: Numbers, said: Numbers, min_support: float, seed: int) -> Evaluation:
    """Compare probabilities (n, classes) with labels (n, classes)."""
    label, seen = soft.argmax(axis=1), said.argmax(axis=1)
    confusion = np.zeros((soft.shape[1], soft.shape[1]), int)
    np.add.at(confusion, (label, seen), 1)
    return Evaluation(
        right=_share(label == seen),
        reliability=reliability(soft, said),
        confusion=tuple(tuple(map(int, row)) for row in confusion),
        rejected=_share(contradicted(soft, said, min_support)),
        found=_share(contradicted(mislabelled(soft, seed), said, min_support)),
    )


def _share(hits: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Proportion:
    return Proportion(int(hits.sum()), len(hits))
