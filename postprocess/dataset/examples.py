"""The labelled images a dataset is made of: kept by every stage, each in its split."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from carscrape.store import Store, StoreError
from postprocess.dataset import clusters, splits
from postprocess.dataset.evidence import with_evidence
from postprocess.labels import Source, kept_images, sources

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
    groups = clusters.groups(store, images | drawn.split.keys())
    return set(drawn.assign(images, groups, clusters.pages(store, images)))


def _rows(store: Store, kept: list[dict[str, Any]], split: dict[bytes, str]) -> list[Example]:
    stored = {row["sha256"]: dict(row) for row in store.rows(_STORED)}
    found = sources(store)
    lost = [row["id"].hex() for row in kept if row["id"].hex() not in found]
    if lost:
        raise ExportError(
            f"{len(lost)} kept images have lost their results in the ledger, among them {lost[0]}: "
            f"python -m postprocess doctor {store.root} says more"
        )
    return [
        _example(row, split[row["id"]], stored[row["id"].hex()], found[row["id"].hex()])
        for row in kept
    ]


def _example(
    row: dict[str, Any], split: str, stored: dict[str, Any], found: list[Source]
) -> Example:
    return Example(
        id=stored["sha256"],
        split=split,
        label=row["label"],
        attributes=json.loads(row["attributes"]),
        type=stored["type"],
        width=stored["width"],
        height=stored["height"],
        fetched_at=stored["fetched_at"],
        source=found[0],
        found=len(found),
        evidence=row["evidence"],
    )
