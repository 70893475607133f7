"""The columns of a label as text: what is the same for many images is written once."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from postprocess.labels import label_of
from postprocess.settling import HOW, Settled
from postprocess.votes import Numbers


def label_texts(settled: Sequence[Settled], rows: int) -> tuple[pa.Array, pa.Array]:
    """The label of each row, and its attributes as a JSON object; null where it has none."""
    values = {one.name: one.value for one in settled}
    images, which = _distinct(list(values.values()), rows)
    named = [
        {
            one.name: one.candidates.values[values[one.name][image]]
            for one in settled
            if values[one.name][image] >= 0
        }
        for image in images
    ]
    labels = pa.array([label_of(text) if text else None for text in named], pa.string())
    texts = pa.array([json.dumps(text) if text else None for text in named], pa.string())
    return labels.take(which), texts.take(which)


def confidence_texts(settled: Sequence[Settled], rows: int) -> pa.Array:
    """A JSON object of each row's confidences, in thousandths."""
    shares = {
        one.name: np.nan_to_num(1000 * one.confidence, nan=-1).round().astype(np.int64)
        for one in settled
    }
    images, which = _distinct(list(shares.values()), rows)
    texts = [
        json.dumps(
            {name: share[image] / 1000 for name, share in shares.items() if share[image] > 0}
        )
        for image in images
    ]
    return pa.array(texts, pa.string()).take(which)


def conflict_texts(settled: Sequence[Settled], rows: int) -> pa.Array:
    """A JSON object of each row's conflicts: how each was settled, and the votes; null: none."""
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for one in settled:
        asked = one.candidates
        (rivals,) = (one.how[asked.row] > 0).nonzero()
        columns = (asked.row[rivals], asked.value[rivals], asked.votes[rivals])
        for row, value, votes in zip(*(column.tolist() for column in columns), strict=True):
            conflict = {"settled": HOW[one.how[row]], "votes": {}}
            found[row].setdefault(one.name, conflict)["votes"][asked.values[value]] = votes
    texts = np.full(rows, None, object)
    for row, conflicts in found.items():
        texts[row] = json.dumps(conflicts)
    return pa.array(texts, pa.string())


def _distinct(columns: Sequence[Numbers], rows: int) -> tuple[list[int], pa.Array]:
    """A row for each combination of values that occurs, and which of these every row has.

    Args:
        columns: of so many rows, numbers from -1 on.
    """
    which = np.zeros(rows, np.int64)
    for column in columns:
        _, which = np.unique(which * (column.max(initial=0) + 2) + column + 1, return_inverse=True)
    _, first = np.unique(which, return_index=True)
    return first.tolist(), pa.array(which)
