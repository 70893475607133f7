"""Rows of the ledgers as columns: a million of them as Python's objects take a gigabyte."""

from itertools import islice
from typing import Any

import pyarrow as pa

from carscrape.store import Store

ID = pa.binary(32)
ROWS = 8_192  # read at a time


def read_columns(store: Store, sql: str, schema: pa.Schema) -> pa.Table:
    """What `sql` selects in every ledger, one ledger after the other.

    Args:
        schema: of the columns in the order in which they are selected; an `ID` is selected in hex.

    Raises:
        StoreError: there is no ledger, or one cannot be read.
    """
    rows = store.rows(sql)
    tables = [schema.empty_table()]
    while some := list(islice(rows, ROWS)):
        values = zip(*some, strict=True)
        columns = [
            _column(column, field.type) for column, field in zip(values, schema, strict=True)
        ]
        tables.append(pa.table(columns, schema=schema))
    return pa.concat_tables(tables).unify_dictionaries()


def _column(values: tuple[Any, ...], type_: pa.DataType) -> pa.Array:
    return pa.array(map(bytes.fromhex, values) if type_ == ID else values, type_)
