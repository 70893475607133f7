"""Rows of verdicts as they are written into parts and put together again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import StoreError
from postprocess.stage import BASE_SCHEMA, Stage


def checked(stage: type[Stage], table: pa.Table) -> pa.Table:
    """The rows with exactly the columns of a stage, in its order and of its types.

    Raises:
        StoreError: there are others, or a reason is not one of the stage's.
    """
    schema = stage.schema()
    if sorted(table.column_names) != sorted(schema.names):
        raise StoreError(f"stage {stage.name} wrote {table.column_names}, not {schema.names}")
    unknown = set(pc.unique(table["reason"]).to_pylist()).difference(stage.reasons)
    if unknown:
        raise StoreError(f"stage {stage.name} gave reasons it does not declare: {sorted(unknown)}")
    return table.select(schema.names).cast(schema)


def empty(columns: list[str] | None) -> pa.Table:
    """No rows, with these columns (None: those of every stage)."""
    names = BASE_SCHEMA.names if columns is None else columns
    fields = [
        BASE_SCHEMA.field(n) if n in BASE_SCHEMA.names else pa.field(n, pa.null()) for n in names
    ]
    return pa.schema(fields).empty_table()


def first_of_each(rows: pa.Table) -> pa.Table:
    """Of rows with the same `id` the first one."""
    if pc.count_distinct(rows["id"]).as_py() == rows.num_rows:
        return rows
    numbered = pa.table({"id": rows["id"], "row": np.arange(rows.num_rows)})
    first = numbered.group_by("id").aggregate([("row", "min")])["row_min"]
    return rows.take(first.take(pc.sort_indices(first)))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Raise StoreError for a part that cannot be read."""
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise StoreError(
            f"cannot read the verdicts {path}: {error}; delete the file and run again"
        ) from error
