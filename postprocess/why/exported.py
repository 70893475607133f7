"""In which datasets an image is, as their manifests say."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from carscrape.store import Store
from postprocess.dataset import register

_LISTS = ("manifest.csv", "left_out.csv")


@dataclass(frozen=True)
class Exported:
    """One dataset that was exported from the store."""

    folder: str
    format: str
    place: str  # of the image in it; "": it is not there
    why: str  # why it is not


def exported(store: Store, sha256: str) -> list[Exported]:
    """Every dataset of the store, with the image or without it.

    Raises:
        StoreError: the list of datasets is damaged.
    """
    return [
        Exported(str(folder), format_, *_place(folder, sha256))
        for folder, format_ in register.read(store).items()
    ]


def _place(folder: Path, sha256: str) -> tuple[str, str]:
    if not (folder / _LISTS[0]).is_file():
        return "", "it has no manifest, or is gone"
    for row in _rows(folder):
        if row.get("sha256") == sha256:
            return row.get("path", ""), row.get("reason", "")
    return "", "not kept when it was exported"


def _rows(folder: Path) -> Iterator[dict[str, str]]:
    for path in (folder / name for name in _LISTS):
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                yield from csv.DictReader(file)
