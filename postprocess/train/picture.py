"""A judge as a picture: what is taken for what, and how sure it is beside how sure it may be."""

from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from postprocess.train.evaluating import Evaluation
from postprocess.train.training import Training

MOST_NAMES = 30  # classes that are named at the edges
_WIDTH, _HEIGHT = 11, 5  # inches


def draw(training: Training) -> bytes:
    """The test split as PNG; text is drawn as it stands, whatever it holds."""
    figure = Figure((_WIDTH, _HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _draw_confusion(left, training)
    _draw_reliability(right, training.test)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _draw_confusion(axes: Axes, training: Training) -> None:
    names = training.samples.classes
    table = np.array(training.test.confusion, float)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, "Blues", vmin=0, vmax=1)
    axes.set(title="what is taken for what", ylabel="label", xlabel="most probable class")
    if len(names) > MOST_NAMES:
        return
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right", parse_math=False)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    for (row, column), share in np.ndenumerate(shares):
        if number := int(table[row, column]):
            shade = "white" if share > 0.5 else "black"
            axes.text(column, row, str(number), ha="center", va="center", color=shade)


def _draw_reliability(axes: Axes, evaluation: Evaluation) -> None:
    bins = evaluation.reliability.bins
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.scatter(
        [one.probability for one in bins],
        [one.right for one in bins],
        [10 + 400 * one.images / evaluation.right.n for one in bins],
    )
    axes.set(title="how sure it is", xlabel="probability", ylabel="share that is right")
