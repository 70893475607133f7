"""Pairs of images that a certificate found in two splits; the next draw keeps them together.

The memory is STORE/dataset/together.parquet, to which rows are only ever added.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from carscrape.store import Store
from postprocess.verdicts import read_part
from postprocess.writing import write_aside

SCHEMA = pa.schema([pa.field(name, pa.binary(32), nullable=False) for name in ("one", "other")])


def path_of(store: Store) -> Path:
    """Where the pairs of a store are remembered."""
    return store.dataset_dir / "together.parquet"


def read(store: Store) -> list[tuple[bytes, bytes]]:
    """The pairs; none where no certificate found any.

    Raises:
        StoreError: the file is damaged.
    """
    path = path_of(store)
    table = read_part(path, SCHEMA.names) if path.exists() else SCHEMA.empty_table()
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def remember(store: Store, pairs: Iterable[tuple[str, str]]) -> None:
    """Add what is new.

    Args:
        pairs: sha256 (hex) of either image.

    Raises:
        StoreError: the file is damaged, or cannot be written.
    """
    known = read(store)
    ids = (sorted(map(bytes.fromhex, pair)) for pair in pairs)
    new = sorted({(one, other) for one, other in ids if one != other}.difference(known))
    if new:
        buffer = BytesIO()
        columns = [list(column) for column in zip(*known, *new, strict=True)]
        pq.write_table(pa.table(columns, schema=SCHEMA), buffer)
        write_aside(path_of(store), buffer.getvalue())
