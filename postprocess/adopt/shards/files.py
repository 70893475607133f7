"""Files: a folder for each shard, in it a picture, its row as JSON and its caption as text."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from postprocess.adopt.shards.base import (
    ENDINGS,
    MEMBER,
    NoPicture,
    Sample,
    Shard,
    Stem,
)
from postprocess.adopt.shards.rows import json_row, one_line


class Files(Shard):
    """00000/000000000.jpg, .json and .txt, and 00000.parquet beside."""

    order: ClassVar[int] = 1

    @classmethod
    def is_here(cls, stem: Stem) -> bool:
        """Other folders of pictures are named by a number too: something of a shard must be."""
        folder = stem.path()
        if folder.is_symlink() or not folder.is_dir():
            return False
        return stem.has("_stats.json") or _has_rows(folder)

    def samples(self) -> Iterator[Sample]:
        """Every row, and how to open its picture."""
        for row in self.rows():
            yield Sample(row, partial(self._read, row["key"]))

    def _read(self, key: Any) -> bytes:
        names = [f"{key}.{ending}" for ending in ENDINGS]
        for path in (self.stem.path() / name for name in names if MEMBER.fullmatch(name)):
            if path.is_file() and not path.is_symlink():
                try:
                    return path.read_bytes()
                except OSError as error:
                    raise NoPicture(one_line(error)) from error
        raise NoPicture(f"no file {names[0]} in {self.stem.name}")

    def rows_of_json(self) -> Iterator[dict[str, Any]]:
        """Of every .json in the folder."""
        names = sorted(path.name for path in _json_files(self.stem.path()))
        for name in names:
            row = json_row((self.stem.path() / name).read_bytes())
            if row is None:
                self.remarks.append(f"{self.stem.path() / name} is no row of img2dataset's")
            else:
                yield row


def _has_rows(folder: Path) -> bool:
    first = next(_json_files(folder), None)
    return first is not None and json_row(first.read_bytes()) is not None


def _json_files(folder: Path) -> Iterator[Path]:
    found = (path for path in folder.iterdir() if MEMBER.fullmatch(path.name))
    return (p for p in found if p.suffix == ".json" and p.is_file() and not p.is_symlink())
