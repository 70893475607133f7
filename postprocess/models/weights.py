"""Files of weights: told apart by their hash, and refused before a network reads what is not one.

An HDF5 file may point at other files, or declare arrays that are not there and fill the memory.
"""

from pathlib import Path
from typing import Any

from postprocess.models.facts import DEMO, demo, file_sha256
from postprocess.stage import StageError

IMAGENET = "imagenet"
SUFFIXES = (".h5", ".hdf5")
"""By the suffix Keras decides how to read a file: it would run code that lies in a .keras."""

DAMAGED = (KeyError, OSError, RuntimeError, SystemError, ValueError)
"""What h5py and Keras raise on a file that is broken inside."""

_WHAT = "expected arrays in an HDF5 file, FILE.weights.h5"


class BackboneError(StageError):
    """A backbone that cannot be had; the text says in one line what is missing."""


def weights_id(name: str, weights: Path | None) -> str:
    """What tells a backbone's weights from others: their sha256, or "imagenet".

    Raises:
        BackboneError: the file cannot be read.
    """
    if name == DEMO:
        return demo().sha256
    return IMAGENET if weights is None else _sha256_of(weights)


def _sha256_of(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise BackboneError(f"cannot read the weights {path}: {error.strerror}") from error


def check_weights(path: Path, sha256: str | None = None) -> None:
    """Refuse what holds anything but whole arrays, or is not what was meant; no array is read.

    Args:
        sha256: the hash that the file must have (hex).

    Raises:
        BackboneError: it cannot be read, or is no such file.
    """
    import h5py  # type: ignore[import-untyped]

    if path.suffix.lower() not in SUFFIXES:
        raise BackboneError(f"{path} holds no weights: {_WHAT}")
    if sha256 is not None and (found := _sha256_of(path)) != sha256.lower():
        raise BackboneError(f"the weights {path} have the sha256 {found}, not {sha256}: refused")
    if not h5py.is_hdf5(path):
        raise BackboneError(f"{path} holds no weights: {_WHAT}")
    try:
        with h5py.File(path, "r") as file:
            odd = file.visititems_links(lambda name, link: _odd(file, name, link))
    except DAMAGED as error:
        raise BackboneError(f"the weights {path} are damaged: fetch them again") from error
    if odd:
        raise BackboneError(f"{path} holds no weights: {odd}; {_WHAT}")


def _odd(file: Any, name: str, link: Any) -> str | None:
    """What is wrong with a link and where it leads; None where nothing is."""
    import h5py

    if not isinstance(link, h5py.HardLink):
        return f"{name!r} leads elsewhere"
    entry = file[name]
    if not isinstance(entry, h5py.Dataset):
        return None
    if entry.is_virtual or entry.external:
        return f"the values of {name!r} lie elsewhere"
    if entry.id.get_storage_size() < entry.nbytes:
        return f"{name!r} declares more than is there"
    return None
