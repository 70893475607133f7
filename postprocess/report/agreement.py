"""How far the results that led to the images agree on what they show."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store
from postprocess.labels import LABEL_STAGE
from postprocess.verdicts import Generation, Verdicts

MOST_PAIRS = 10
_VOTES = ((1, 1, "one result"), (2, 2, "two"), (3, 5, "three to five"), (6, None, "six or more"))
_CONFIDENCES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
_COLUMNS = ("score", "votes", "conflicts")

Bars = Sequence[tuple[str, int]]  # a name, and so many images


@dataclass(frozen=True)
class Rivals:
    """Two values of an attribute that images were found under, both."""

    attribute: str
    one: str
    other: str
    images: int
    ambiguous: int  # of these, where nothing settled it


@dataclass(frozen=True)
class Agreement:
    """What the label stage made of the votes."""

    kept: int
    votes: Bars  # of kept images, by the number of results that agree
    confidence: Bars  # of kept images; [] where the stage states none
    refused: int  # images left out because nothing settles a conflict
    settled: int | None  # images kept although their results disagree; None: not stated
    rivals: Sequence[Rivals]  # the most frequent first


def read_agreement(store: Store, generations: Sequence[Generation]) -> Agreement | None:
    """Count the votes; None where no label stage has run.

    Raises:
        StoreError: a part of the verdicts is damaged.
    """
    for generation in generations:
        if generation.stage == LABEL_STAGE and not generation.skipped:
            return _agreement(Verdicts(store).read_known(LABEL_STAGE, generation.key, _COLUMNS))
    return None


def _agreement(rows: pa.Table) -> Agreement:
    kept = rows.filter(rows["keep"])
    conflicts = _conflicts(rows)
    states = "conflicts" in rows.column_names
    return Agreement(
        kept=kept.num_rows,
        votes=_votes(kept),
        confidence=_confidences(kept),
        refused=pc.sum(pc.equal(rows["reason"], "conflict"), min_count=0).as_py(),
        settled=kept.num_rows - kept["conflicts"].null_count if states else None,
        rivals=_rivals(conflicts),
    )


def _votes(kept: pa.Table) -> Bars:
    if "votes" not in kept.column_names:
        return []
    votes = kept["votes"].to_numpy()
    return [
        (name, int(((votes >= least) & (votes <= (most or votes.max(initial=0)))).sum()))
        for least, most, name in _VOTES
    ]


def _confidences(kept: pa.Table) -> Bars:
    known = kept["score"].drop_null().to_numpy() if "score" in kept.column_names else ()
    if not len(known):
        return []
    edges = [*_CONFIDENCES, 1.0]
    counts, _ = np.histogram(known, edges)
    names = (f"{low:.1f}–{high:.1f}" for low, high in pairwise(edges))
    return list(zip(names, map(int, counts), strict=True))


def _conflicts(rows: pa.Table) -> Iterator[tuple[dict[str, dict[str, object]], int]]:
    """What disagrees in images, and in how many the same does."""
    if "conflicts" not in rows.column_names:
        return
    for text in rows["conflicts"].drop_null().value_counts().to_pylist():
        yield json.loads(text["values"]), text["counts"]


def _rivals(conflicts: Iterator[tuple[dict[str, dict[str, object]], int]]) -> list[Rivals]:
    """The two values with the most votes of every conflict, counted."""
    images: Counter[tuple[str, str, str]] = Counter()
    ambiguous: Counter[tuple[str, str, str]] = Counter()
    for conflict, number in conflicts:
        for attribute, said in conflict.items():
            votes = Counter(said["votes"])  # type: ignore[call-overload]
            one, other = sorted(value for value, _ in votes.most_common(2))
            images[attribute, one, other] += number
            ambiguous[attribute, one, other] += number * (said["settled"] == "ambiguous")
    return [Rivals(*key, n, ambiguous[key]) for key, n in images.most_common(MOST_PAIRS)]
