"""Parquet: one file for each shard, in it the rows and the bytes of their pictures."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import pyarrow.parquet as pq

from postprocess.adopt.shards.base import ENDINGS, NoPicture, Sample, Shard, Stem
from postprocess.adopt.shards.rows import UNREADABLE, ForeignError, one_line, open_parquet, rows_of

_PICTURES = 8  # read at a time


class Parquet(Shard):
    """00000.parquet with a column jpg, png or webp."""

    order: ClassVar[int] = 2

    @classmethod
    def is_here(cls, stem: Stem) -> bool:
        """There is a Parquet file, and no other kind of shard claimed it."""
        return stem.has(".parquet")

    def samples(self) -> Iterator[Sample]:
        """Every row; pictures are read only from where the first one is asked for."""
        path = self.stem.path(".parquet")
        table = self.opened.enter_context(open_parquet(path))
        columns = [name for name in ENDINGS if name in table.schema_arrow.names]
        if not columns:
            raise ForeignError(
                f"{path} has no column {', '.join(ENDINGS)}, and neither {self.stem.name}.tar "
                f"nor the folder {self.stem.name} lies beside it: bring the pictures too"
            )
        for group in range(table.num_row_groups):
            pictures = _Pictures(table, columns[0], group)
            for number, row in enumerate(rows_of(table, path, row_groups=[group])):
                yield Sample(row, partial(pictures.read, number))


class _Pictures:
    """The pictures of one row group, read in their order, a few at a time, each once at most."""

    def __init__(self, table: pq.ParquetFile, column: str, group: int) -> None:
        self._batches = table.iter_batches(_PICTURES, row_groups=[group], columns=[column])
        self._first = 0
        self._some: list[bytes | None] = []

    def read(self, number: int) -> bytes:
        try:
            while number >= self._first + len(self._some):
                self._first += len(self._some)
                self._some = next(self._batches).column(0).to_pylist()
        except UNREADABLE as error:
            self._batches = iter(())
            raise NoPicture(f"the file is damaged: {one_line(error)}") from error
        except StopIteration:
            raise NoPicture("the file is damaged before it") from None
        content = self._some[number - self._first]
        if not isinstance(content, bytes):
            raise NoPicture("the row has no picture")
        return content
