"""The table that the table stages judge: one row per image, made from the ledgers."""

import json
from collections import Counter, defaultdict
from itertools import islice

import pyarrow as pa

from carscrape.store import Store
from postprocess.labels import WHO_FOUND

INPUT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),
        pa.field("copies", pa.int32(), nullable=False),  # URLs that served these bytes
        pa.field("rank", pa.int32(), nullable=False),  # the best place on a result page, from 0
        # the attributes of every result that led to the image, each a JSON object
        pa.field("attributes", pa.list_(pa.string()), nullable=False),
    ]
)
STORED_SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),
        pa.field("type", pa.dictionary(pa.int8(), pa.string()), nullable=False),
    ]
)
_ROWS = 65_536  # read at a time
_STORED = "select distinct sha256, type from image where outcome = 'stored'"
_FOUND = f"select image.sha256, query.id as query, result.rank {WHO_FOUND}"
_NOWHERE = 2**31 - 1  # the rank of what no result found


def stored_images(store: Store) -> pa.Table:
    """Every stored image with its MIME type, in no order, with `STORED_SCHEMA`.

    Columns, because a million images as Python's strings take a quarter of a gigabyte. An image
    in several ledgers has several rows.
    """
    rows = store.rows(_STORED)
    batches = []
    while some := list(islice(rows, _ROWS)):
        ids = pa.array([bytes.fromhex(row["sha256"]) for row in some], pa.binary(32))
        types = pa.array([row["type"] for row in some], STORED_SCHEMA.field("type").type)
        batches.append(pa.table([ids, types], schema=STORED_SCHEMA))
    return pa.concat_tables([STORED_SCHEMA.empty_table(), *batches]).unify_dictionaries()


def copies(store: Store) -> Counter[str]:
    """How many URLs served each stored image: sha256 (hex) -> URLs."""
    sql = "select sha256 from image where outcome = 'stored'"
    return Counter(row["sha256"] for row in store.rows(sql))


def input_table(store: Store) -> pa.Table:
    """What is known of every stored image, one row each, sorted by id, with `INPUT_SCHEMA`."""
    queries = store.rows("select id, attributes from query")
    attributes = {row["id"]: json.dumps(json.loads(row["attributes"])) for row in queries}
    found: defaultdict[str, list[str]] = defaultdict(list)
    ranks: dict[str, int] = {}
    for row in store.rows(_FOUND):
        id_, rank = row["sha256"], row["rank"]
        found[id_].append(attributes[row["query"]])
        ranks[id_] = min(rank, ranks.get(id_, rank))
    urls = copies(store)
    names = sorted(urls)
    columns = [
        [bytes.fromhex(name) for name in names],
        [urls[name] for name in names],
        [ranks.get(name, _NOWHERE) for name in names],
        [found[name] for name in names],
    ]
    return pa.table(columns, schema=INPUT_SCHEMA)
