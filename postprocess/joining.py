"""Columns of other stages put beside a table, on disk: a million thumbs would fill the memory."""

import mmap
import tempfile
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import WriteError
from postprocess.verdicts import read_part

_Numbers = npt.NDArray[np.int64]


def join(table: pa.Table, parts: Sequence[Path], columns: Iterable[str]) -> pa.Table:
    """Put columns of a stage's verdicts beside those of a table with an `id`.

    The rows come in the order of the parts; of two verdicts on one image the first counts, and
    images without one are left out. The table lies in a file without a name beside the parts, which
    goes when the table does: what is not looked at is not in memory.

    Raises:
        StoreError: a part is damaged, or lacks a column.
        WriteError: the disk is full, or cannot be written.
    """
    names = ["id", *columns]
    table = table.combine_chunks()
    places = _places(table, parts)
    folder = parts[0].parent
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            _write(file, table, zip(parts, places, strict=True), names)
            file.flush()
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise WriteError(f"cannot write into {folder}: {error.strerror}") from error
    return pa.ipc.open_file(pa.py_buffer(content)).read_all()


def _places(table: pa.Table, parts: Sequence[Path]) -> list[_Numbers]:
    """For each part the table's rows that its own rows belong to; -1: none, or not the first."""
    ids = [read_part(path, ["id"])["id"] for path in parts]
    found = pc.index_in(
        pa.chunked_array(chunk for column in ids for chunk in column.chunks),
        value_set=table["id"].combine_chunks(),
    )
    places = found.fill_null(-1).to_numpy().astype(np.int64)
    again = np.ones(len(places), bool)
    again[np.unique(places, return_index=True)[1]] = False
    places[again] = -1
    return np.split(places, np.cumsum([len(column) for column in ids])[:-1])


def _write(
    file: BinaryIO, table: pa.Table, parts: Iterable[tuple[Path, _Numbers]], names: Sequence[str]
) -> None:
    joined = (_joined(table, read_part(path, names), places) for path, places in parts)
    first = next(joined)
    with pa.ipc.new_file(file, first.schema) as writer:
        for rows in chain([first], joined):
            writer.write_table(rows.combine_chunks())


def _joined(table: pa.Table, part: pa.Table, places: _Numbers) -> pa.Table:
    (rows,) = (places >= 0).nonzero()
    joined = table.take(pa.array(places[rows]))
    for field in list(part.schema)[1:]:
        joined = joined.append_column(field, part[field.name].take(pa.array(rows)))
    return joined


class Rows:
    """Any rows of a table; pyarrow's own `take` copies whole columns that have chunks."""

    def __init__(self, table: pa.Table) -> None:
        self._schema, self._batches = table.schema, table.to_batches()
        self._begin = np.cumsum([0, *(batch.num_rows for batch in self._batches)])

    def take(self, rows: _Numbers) -> pa.Table:
        """These rows, in this order."""
        batch = np.searchsorted(self._begin, rows, "right") - 1
        order = np.argsort(batch, kind="stable")
        taken = [
            self._batches[number].take(pa.array(rows[batch == number] - self._begin[number]))
            for number in np.unique(batch)
        ]
        found = pa.Table.from_batches(taken, self._schema)
        return found.combine_chunks().take(pa.array(np.argsort(order)))
