"""The labelled images a dataset is made of: kept by every stage, each in its split."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from carscrape.store import Store, StoreError
from postprocess.dataset import clusters, splits, together
from postprocess.dataset.evidence import with_evidence
from postprocess.labels import Source, each_source, kept_images

_STORED = """
select sha256, type, width, height, min(fetched_at) as fetched_at
from image where outcome = 'stored' group by sha256
"""


class ExportError(StoreError):
    """No dataset can be made, or not there; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled image of the dataset."""

    id: str  # sha256, hex
    split: str
    label: str
    attributes: dict[str, str]
    type: str  # MIME type
    width: int | None  # pixels
    height: int | None
    fetched_at: float | None  # Unix time
    source: Source  # where it was found first
    found: int  # results that led to it
    evidence: dict[str, Any]  # columns that say how sure the label is


@dataclass(frozen=True, slots=True)
class Examples:
    """All labelled images, sorted by id, and those left out to keep the splits apart."""

    rows: list[Example]
    left_out: list[str]  # sha256, hex, sorted


def read_examples(
    store: Store, seed: int, check: Callable[[Sequence[Example]], None] | None = None
) -> Examples:
    """Read the kept images, each with its label, and in its split (drawn now if it is new).

    Args:
        check: looks at them before what was drawn is remembered, and may raise.

    Raises:
        ExportError: nothing was kept.
        SplitError: the store was split with another seed, or its split is damaged.
        StoreError: the store cannot be read, or was not judged to the end.
    """
    store.ledger_paths()
    kept = with_evidence(store, kept_images(store).to_pylist())
    if not kept:
        raise ExportError(
            f"no image of {store.root} was kept, so there is nothing to export: "
            f"python -m postprocess status {store.root} shows where they were lost"
        )
    drawn = splits.recall(store, seed)
    left_out = _draw(store, {row["id"] for row in kept}, drawn)
    rows = _rows(store, [row for row in kept if row["id"] not in left_out], drawn.split)
    if check is not None:
        check(rows)
    splits.remember(store, drawn)
    return Examples(rows, sorted(image.hex() for image in left_out))


def _draw(store: Store, images: set[bytes], drawn: splits.Splits) -> set[bytes]:
    """Draw what is new; returns the images that are left out."""
    groups = [*clusters.groups(store, images | drawn.split.keys()), *together.read(store)]
    return set(drawn.assign(images, groups, clusters.pages(store, images)))


def _rows(store: Store, kept: list[dict[str, Any]], split: dict[bytes, str]) -> list[Example]:
    # Of a million images, the columns and sources of the others would take gigabytes.
    ids = {row["id"].hex() for row in kept}
    stored = {row["sha256"]: row for row in store.rows(_STORED) if row["sha256"] in ids}
    first: dict[str, Source] = {}
    found = Counter[str]()
    for image, source in each_source(store):
        if image in ids:
            first.setdefault(image, source)
            found[image] += 1
    if lost := sorted(ids - first.keys()):
        raise ExportError(
            f"{len(lost)} kept images have lost their results in the ledger, among them {lost[0]}: "
            f"python -m postprocess doctor {store.root} says more"
        )
    attributes = cache(json.loads)  # one dictionary for all images of a query
    examples = []
    for row in kept:
        id_ = row["id"].hex()
        known = stored[id_]
        example = Example(
            id=id_,
            split=split[row["id"]],
            label=row["label"],
            attributes=attributes(row["attributes"]),
            type=known["type"],
            width=known["width"],
            height=known["height"],
            fetched_at=known["fetched_at"],
            source=first[id_],
            found=found[id_],
            evidence=row["evidence"],
        )
        examples.append(example)
    return examples
