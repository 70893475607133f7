"""Whose dataset a folder holds: the same id lies in the folder and in the store."""

import secrets
from pathlib import Path

from carscrape.store import Store
from postprocess.dataset.examples import ExportError
from postprocess.writing import write_aside

NAME = "dataset-id.txt"


def check(store: Store, folder: Path) -> None:
    """Refuse a folder that holds something else than a dataset of this store.

    Raises:
        ExportError: it does; the text says what lies there.
        OSError: it cannot be read.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportError(f"{folder} is a file: name a folder that is empty or not there")
    if not any(folder.iterdir()):
        return
    found = _read(folder)
    if not found:
        raise ExportError(
            f"{folder} is not empty and holds no dataset of ours: name another folder"
        )
    if found != _read(store.dataset_dir):
        raise ExportError(
            f"{folder} holds a dataset of another store than {store.root}: name another folder"
        )


def mark(store: Store, folder: Path) -> None:
    """Write the id into the folder, before anything else; the store gets one if it has none.

    Raises:
        StoreError: it cannot be written.
    """
    id_ = _read(store.dataset_dir) or secrets.token_hex(16).encode()
    for place in (store.dataset_dir, folder):
        if _read(place) != id_:
            write_aside(place / NAME, id_ + b"\n")


def _read(folder: Path) -> bytes:
    """The id that lies in a folder; empty if there is none."""
    try:
        return (folder / NAME).read_bytes().strip()
    except FileNotFoundError:
        return b""
