"""Whose dataset a folder holds: the same id lies in the folder and in the store."""

import secrets
from pathlib import Path

from carscrape.store import Store
from postprocess.dataset import sums
from postprocess.dataset.examples import ExportError
from postprocess.writing import write_aside


def check(store: Store, folder: Path) -> None:
    """Refuse a folder that holds anything else than a dataset of this store.

    Raises:
        ExportError: it does; the text says what lies there.
        OSError: it cannot be read.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportError(f"{folder} is a file: name a folder that is empty or not there")
    if all(path.name.startswith(f".{sums.ID_NAME}.") for path in folder.iterdir()):
        return  # empty, or killed while it was claimed
    if not _read(folder):
        raise ExportError(
            f"{folder} is not empty and holds no dataset of ours: name another folder"
        )
    if not is_ours(store, folder):
        raise ExportError(
            f"{folder} holds a dataset of another store than {store.root}: name another folder"
        )
    _refuse_strangers(folder)


def is_ours(store: Store, folder: Path) -> bool:
    """Say whether a folder holds a dataset of this store.

    Raises:
        OSError: it cannot be read.
    """
    id_ = _read(folder)
    return bool(id_) and id_ == _read(store.dataset_dir)


def mark(store: Store, folder: Path) -> None:
    """Write the id into the folder, before anything else; the store gets one if it has none.

    Raises:
        StoreError: it cannot be written.
    """
    id_ = _read(store.dataset_dir) or secrets.token_hex(16).encode()
    for place in (store.dataset_dir, folder):
        if _read(place) != id_:
            write_aside(place / sums.ID_NAME, id_ + b"\n")


def _refuse_strangers(folder: Path) -> None:
    """Refuse a whole dataset that holds files which are not its own: they would be lost."""
    if not (folder / sums.NAME).exists():  # not whole: an export that was killed
        return
    try:
        strange = sorted(set(sums.files(folder)).difference(sums.read(folder)))
    except ValueError as error:
        raise ExportError(f"{folder / sums.NAME} is damaged: name another folder") from error
    if strange:
        raise ExportError(
            f"{folder} holds {len(strange):,} files that were not exported, among them "
            f"{strange[0]}: move them elsewhere, or name another folder"
        )


def _read(folder: Path) -> bytes:
    """The id that lies in a folder; empty if there is none."""
    try:
        return (folder / sums.ID_NAME).read_bytes().strip()
    except FileNotFoundError:
        return b""
