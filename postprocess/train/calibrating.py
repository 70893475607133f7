"""How far a probability can be believed, and one number by which it can be believed further."""

from dataclasses import dataclass

import numpy as np

from postprocess.train.fitting import loss
from postprocess.train.pictures import Numbers

BINS = 10
_TEMPERATURES = np.geomspace(0.5, 8, 281)  # below 1 it gets surer than it learnt to be


@dataclass(frozen=True)
class Bin:
    """The images whose largest probability lies in one tenth."""

    low: float
    high: float
    images: int
    probability: float  # their mean
    right: float  # the mean share that their labels give the most probable class


@dataclass(frozen=True)
class Reliability:
    """Probabilities beside the shares that were right."""

    bins: tuple[Bin, ...]  # without empty ones
    error: float  # expected calibration error: the mean distance between the two


def fit_temperature(logits: Numbers, soft: Numbers) -> float:
    """The number to divide logits by that makes soft labels most probable."""
    losses = [loss(logits / temperature, soft) for temperature in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def reliability(soft: Numbers, probabilities: Numbers) -> Reliability:
    """Count by tenths of the largest probability."""
    largest = probabilities.max(axis=1)
    right = soft[np.arange(len(soft)), probabilities.argmax(axis=1)]
    place = np.minimum((largest * BINS).astype(int), BINS - 1)
    bins = tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            images=int(inside.sum()),
            probability=float(largest[inside].mean()),
            right=float(right[inside].mean()),
        )
        for number in range(BINS)
        if (inside := place == number).any()
    )
    error = sum(one.images * abs(one.probability - one.right) for one in bins) / len(largest)
    return Reliability(bins, error)
