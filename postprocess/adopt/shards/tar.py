"""WebDataset: a tar file for each shard, in it the files of its samples one after the other."""

import os
import tarfile
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, ClassVar

from postprocess.adopt.shards.base import (
    ENDINGS,
    MEMBER,
    NoPicture,
    Sample,
    Shard,
    Stem,
)
from postprocess.adopt.shards.rows import ShardError, json_row

_Span = tuple[int, int]  # where in the tar file a member's bytes begin, and how many there are


class Tar(Shard):
    """00000.tar, and 00000.parquet beside. Nothing is unpacked: bytes are read at their place."""

    order: ClassVar[int] = 0

    @classmethod
    def is_here(cls, stem: Stem) -> bool:
        """There is a tar file, whatever is in it."""
        return stem.has(".tar")

    def samples(self) -> Iterator[Sample]:
        """Every row, and where in the file its picture lies."""
        path = self.stem.path(".tar")
        try:
            self._file = self.opened.enter_context(path.open("rb"))
        except OSError as error:
            raise ShardError(f"{path} cannot be read: {error.strerror}") from error
        self._members = self._index(self._file)
        for row in self.rows():
            yield Sample(row, partial(self._read, row["key"]))

    def _index(self, file: BinaryIO) -> dict[str, _Span]:
        """Where the members lie that may belong to a sample; of two with one name the last."""
        members: dict[str, _Span] = {}
        size = os.fstat(file.fileno()).st_size
        try:
            with tarfile.open(fileobj=file, mode="r:") as tar:
                while member := tar.next():
                    tar.members.clear()  # type: ignore[attr-defined]  # else it keeps them all
                    if member.isreg() and MEMBER.fullmatch(member.name):
                        members[member.name] = (member.offset_data, member.size)
                whole = tar.offset + 2 * tarfile.BLOCKSIZE <= size
        except (tarfile.TarError, OSError, ValueError):
            whole = False
        if not whole:
            self.remarks.append(
                f"{self.stem.path('.tar')} is cut off or damaged after {len(members):,} files: "
                "took what is whole; run img2dataset again and adopt again"
            )
        return {name: span for name, span in members.items() if sum(span) <= size}

    def _read(self, key: Any) -> bytes:
        for ending in ENDINGS:
            if f"{key}.{ending}" in self._members:
                return self._bytes(f"{key}.{ending}")
        raise NoPicture(f"{self.stem.name}.tar has no whole {key}.{ENDINGS[0]}")

    def _bytes(self, name: str) -> bytes:
        offset, size = self._members[name]
        self._file.seek(offset)
        return self._file.read(size)

    def rows_of_json(self) -> Iterator[dict[str, Any]]:
        """Of every whole .json in the file."""
        for name in sorted(name for name in self._members if name.endswith(".json")):
            row = json_row(self._bytes(name))
            if row is None:
                self.remarks.append(f"{self.stem.path('.tar')}: {name} is no row of img2dataset's")
            else:
                yield row
