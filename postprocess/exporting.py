"""A dataset from its claim on a folder to its card, whatever its format."""

from pathlib import Path

from carscrape.store import Store
from postprocess.dataset import claim
from postprocess.dataset.known import remember_export
from postprocess.exporters import load_exporter
from postprocess.exporters.base import Export


def make_dataset(store: Store, format_: str, to: Path, seed: int) -> Export:
    """Export the kept images, and remember where to.

    Raises:
        KeyError: there is no such format.
        StoreError: see `Exporter.export`.
    """
    exporter = load_exporter(format_)
    claim.check(store, to)
    # Before anything is written: a takedown must know of an export that was cut short, too.
    remember_export(store, to, {"format": format_, "seed": seed})
    return exporter.export(store, to, seed)
