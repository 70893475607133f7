"""The rows img2dataset writes, in Parquet files and beside each picture as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_NEEDED = ("url", "key")
_WANTED = (
    *_NEEDED,
    *("status", "error_message", "caption", "sha256", "original_width", "original_height"),
    "findings",
)
_ROWS = 64  # read at a time
_BUFFER = 1 << 20  # bytes; else a whole row group lies in memory

UNREADABLE = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What pyarrow raises for a file that is damaged or no Parquet."""


class ShardError(Exception):
    """A shard of which nothing more can be read; the text says why."""


class ForeignError(ShardError):
    """A file with the name of a shard that img2dataset cannot have written."""


def open_parquet(path: Path) -> pq.ParquetFile:
    """A Parquet file that has the columns of img2dataset; little of it is read at a time.

    Raises:
        ShardError: it is missing, damaged, or has other columns.
    """
    try:
        table = pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER)
    except FileNotFoundError as error:
        raise ShardError(f"{path} is missing") from error
    except UNREADABLE as error:
        raise ShardError(f"{path} is cut off or damaged: {one_line(error)}") from error
    missing = [name for name in _NEEDED if name not in table.schema_arrow.names]
    if missing:
        table.close()
        columns = " and no column ".join(missing)
        raise ForeignError(f"{path} is none of img2dataset's: it has no column {columns}")
    return table


def rows_of(table: pq.ParquetFile, path: Path, **chosen: Any) -> Iterator[dict[str, Any]]:
    """The rows of an open Parquet file, in its order, or those of the `row_groups` chosen.

    Raises:
        ShardError: it is damaged from here on.
    """
    columns = [name for name in _WANTED if name in table.schema_arrow.names]
    try:
        for batch in table.iter_batches(_ROWS, columns=columns, **chosen):
            yield from batch.to_pylist()
    except UNREADABLE as error:
        raise ShardError(f"{path} is damaged: {one_line(error)}") from error


def json_row(content: bytes) -> dict[str, Any] | None:
    """The row that img2dataset wrote beside a picture; None if it is something else."""
    try:
        row = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in _NEEDED):
        return None
    return {name: row.get(name) for name in _WANTED}


def one_line(error: BaseException) -> str:
    """What an error says, fit for one line."""
    return " ".join(str(error).split())[:200]
