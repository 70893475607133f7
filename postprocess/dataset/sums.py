"""SHA256SUMS: the hash of every file of a dataset, as `sha256sum -c SHA256SUMS` reads it.

It is written last, so where it is, the dataset is complete. The id of the store is not in it: it is
drawn by lot, and the same images make the same dataset.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

NAME = "SHA256SUMS"
ID_NAME = "dataset-id.txt"


def files(folder: Path) -> list[str]:
    """Every file of a folder but these two, as a path with "/", sorted.

    Raises:
        OSError: the folder cannot be read.
    """
    found = []
    for place, _, names in os.walk(folder):
        found += [Path(place, name).relative_to(folder).as_posix() for name in names]
    return sorted(name for name in found if name not in (NAME, ID_NAME))


def write(folder: Path) -> None:
    """Hash every file of the folder.

    Raises:
        OSError: a file cannot be read or written.
    """
    lines = (f"{_sha256(folder / name)}  {name}\n" for name in files(folder))
    with (folder / NAME).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(lines)


def read(folder: Path) -> dict[str, str]:
    """Path -> sha256 (hex) of every file the dataset should have.

    Raises:
        OSError, ValueError: there is no such list, or it is damaged.
    """
    lines = (folder / NAME).read_text(encoding="utf-8").splitlines()
    return {name: hash_ for hash_, name in (line.split("  ", 1) for line in lines)}


def wrong(folder: Path) -> Iterator[str]:
    """What is missing, changed or not of the dataset, one line each; reads every file.

    Raises:
        OSError, ValueError: there is no list of files, or it is damaged, or a file cannot be read.
    """
    expected = read(folder)
    there = set(files(folder))
    for name, hash_ in expected.items():
        if name not in there:
            yield f"{folder / name} is missing"
        elif _sha256(folder / name) != hash_:
            yield f"{folder / name} holds other bytes than were exported"
    for name in sorted(there - expected.keys()):
        yield f"{folder / name} was not exported"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
