"""What lies beside the images of a dataset: its card, its metadata, what was taken down."""

from collections.abc import Sequence
from pathlib import Path

from carscrape.store import Store
from postprocess.dataset.card import dataset_card
from postprocess.dataset.croissant import croissant
from postprocess.dataset.examples import Example
from postprocess.dataset.provenance import read_provenance
from postprocess.exporters.base import Export
from postprocess.writing import write_aside


def write_papers(store: Store, folder: Path, export: Export, examples: Sequence[Example]) -> None:
    """Write README.md, croissant.json and, where there is one, takedowns.jsonl into a folder.

    Args:
        folder: holds the images and their manifest already.

    Raises:
        RecipeError: the store's recipe is damaged.
        StoreError: the store cannot be read, or the folder not be written.
    """
    made = read_provenance(store, folder, examples)
    write_aside(folder / "README.md", dataset_card(export, examples, made.stages, made).encode())
    write_aside(folder / "croissant.json", croissant(folder, export, examples, made).encode())
    if store.takedowns_path.exists():
        write_aside(folder / "takedowns.jsonl", store.takedowns_path.read_bytes())
