"""The table that the table stages judge: one row per image, made from the ledgers."""

import json
from collections import Counter

import pyarrow as pa

from carscrape.store import Store
from postprocess.labels import sources

INPUT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),
        pa.field("copies", pa.int32(), nullable=False),  # URLs that served these bytes
        # the attributes of every result that led to the image, each a JSON object
        pa.field("attributes", pa.list_(pa.string()), nullable=False),
    ]
)


def copies(store: Store) -> Counter[str]:
    """How many URLs served each stored image: sha256 (hex) -> URLs."""
    sql = "select sha256 from image where outcome = 'stored'"
    return Counter(row["sha256"] for row in store.rows(sql))


def input_table(store: Store, ids: pa.Array) -> pa.Table:
    """What is known of these images, one row each in their order, with `INPUT_SCHEMA`."""
    urls = copies(store)
    found = sources(store)
    names = [id_.hex() for id_ in ids.to_pylist()]
    attributes = [[json.dumps(s.attributes) for s in found.get(name, ())] for name in names]
    columns = [ids, [urls[name] for name in names], attributes]
    return pa.table(dict(zip(INPUT_SCHEMA.names, columns, strict=True)), schema=INPUT_SCHEMA)
