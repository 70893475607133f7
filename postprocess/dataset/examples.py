"""The labelled images a dataset is made of: kept by every stage, each in its split."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from carscrape.store import Store, StoreError
from postprocess.dataset import splits
from postprocess.dataset.evidence import with_evidence
from postprocess.labels import Source, kept_images, sources
from postprocess.verdicts import Verdicts

_UNIT_STAGE = "dedupe"
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
    """All labelled images, sorted by id, and how many are left out to keep the splits apart."""

    rows: list[Example]
    left_out: int


def read_examples(store: Store, seed: int) -> Examples:
    """Read the kept images, each with its label, and in its split (drawn now if it is new).

    Raises:
        ExportError: nothing was kept.
        SplitError: the store was split with another seed, or its split is damaged.
        StoreError: the store cannot be read, or was not judged to the end.
    """
    stored = {row["sha256"]: dict(row) for row in store.rows(_STORED)}
    kept = with_evidence(store, kept_images(store).to_pylist())
    if not kept:
        raise ExportError(
            f"no image of {store.root} was kept, so there is nothing to export: "
            f"python -m postprocess status {store.root} shows where they were lost"
        )
    ids = [row["id"] for row in kept]
    split, left_out = splits.split(store, ids, _units(store, ids), seed)
    found = sources(store)
    lost = [image.hex() for image in ids if image.hex() not in found]
    if lost:
        raise ExportError(
            f"{len(lost)} kept images have lost their results in the ledger, among them {lost[0]}: "
            f"python -m postprocess doctor {store.root} says more"
        )
    rows = [
        _example(row, split[row["id"]], stored[row["id"].hex()], found[row["id"].hex()])
        for row in kept
        if row["id"] in split
    ]
    return Examples(rows, len(left_out))


def _units(store: Store, ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """The group that no split may part, of every image; its own id where dedupe did not run."""
    units = {image: image for image in ids}
    verdicts = Verdicts(store)
    for generation in verdicts.current():
        if generation.stage == _UNIT_STAGE and not generation.skipped:
            table = verdicts.read(_UNIT_STAGE, generation.key, ["id", "group"])
            units.update(zip(table["id"].to_pylist(), table["group"].to_pylist(), strict=True))
    return units


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
