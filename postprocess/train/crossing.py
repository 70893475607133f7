"""Every image judged by a network that has not learnt from it.

The training split is cut into folds by split unit, so copies stay together. Each fold is judged by
a network that learnt from the others; all other images, and any that come later, by one that learnt
from the whole split. A network that has learnt wrong labels by heart would find them right.
"""

from dataclasses import dataclass

import numpy as np

from postprocess.models.judges import softmax
from postprocess.progress import bar
from postprocess.train.calibrating import fit_temperature
from postprocess.train.fitting import Fitted, Options, fit
from postprocess.train.labelled import FOLDS
from postprocess.train.pictures import Looks, Numbers, Rows
from postprocess.train.samples import Samples


@dataclass(frozen=True)
class Crossed:
    """The network that learnt from the whole training split, and what was said of the images."""

    fitted: Fitted
    temperature: float
    said: Numbers  # (n, classes) probabilities; NaN in the test split, which nobody has looked at

    def judge(self, looks: Looks, rows: Rows) -> Numbers:
        """Probabilities for some of the images."""
        return softmax(self.fitted.logits(looks, rows) / self.temperature)


def cross(options: Options, looks: Looks, samples: Samples) -> Crossed:
    """Train one network for each fold, and the last one on all of them.

    Raises:
        BackboneError: the backbone cannot be had.
    """
    train, val = samples.rows("train"), samples.rows("val")
    said = np.full_like(samples.soft, np.nan)
    with bar("train", FOLDS + 1) as advance:
        for fold in range(FOLDS):
            held = train[samples.fold[train] == fold]
            part = _trained(options, looks, samples, train[samples.fold[train] != fold])
            if len(held):
                said[held] = part.judge(looks, held)
            advance(1)
        whole = _trained(options, looks, samples, train)
        said[val] = whole.judge(looks, val)
        advance(1)
    return Crossed(whole.fitted, whole.temperature, said)


def _trained(options: Options, looks: Looks, samples: Samples, train: Rows) -> Crossed:
    val = samples.rows("val")
    fitted = fit(options, looks, samples.soft, train, val)
    temperature = fit_temperature(fitted.logits(looks, val), samples.soft[val])
    return Crossed(fitted, temperature, samples.soft)
