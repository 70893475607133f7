"""How precise people found the labels, as the page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from carscrape.store import Store, StoreError
from postprocess.report.missing import Missing
from postprocess.review.answers import path_of
from postprocess.review.precision import LabelPrecision, Precision, precision
from postprocess.usage import UsageError

LISTED = 12


@dataclass(frozen=True)
class Reviewed:
    """A spot check; the labels that are listed and the rest are all that were looked at."""

    precision: Precision
    listed: Sequence[LabelPrecision]  # those with the most wrong ones first
    rest: LabelPrecision | None
    folded: int  # labels in the rest


def read_review(store: Store) -> Reviewed | Missing:
    """What people said of the labels, or why nothing can be said.

    Raises:
        StoreError: the answers cannot be read.
    """
    command = f"python -m postprocess review {store.root}"
    if not path_of(store).exists():
        return Missing("Not reviewed yet", command)
    try:
        said = precision(store)
    except (UsageError, StoreError) as error:
        return Missing(f"The review cannot be counted ({error})", command)
    if not said.overall.n:
        return Missing("No image that is kept now was judged right or wrong yet", command)
    seen = [label for label in said.labels if label.images > label.left]
    order = sorted(seen, key=lambda label: (-label.wrong, label.share.share or 0, label.label))
    listed, others = order[:LISTED], order[LISTED:]
    return Reviewed(said, listed, _together(others) if others else None, len(others))


def _together(labels: Sequence[LabelPrecision]) -> LabelPrecision:
    return LabelPrecision(
        label="",
        images=sum(label.images for label in labels),
        right=sum(label.right for label in labels),
        wrong=sum(label.wrong for label in labels),
        unsure=sum(label.unsure for label in labels),
    )
