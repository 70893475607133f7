"""The table that the table stages judge: one row per image, made from the ledgers."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store
from postprocess.labels import WHO_FOUND
from postprocess.ledger_columns import ID, read_columns

FOUND = pa.struct(
    [
        pa.field("engine", pa.string(), nullable=False),
        pa.field("query", pa.string(), nullable=False),  # its id
        pa.field("attributes", pa.string(), nullable=False),  # a JSON object
        pa.field("host", pa.string(), nullable=False),  # of the image's URL
        pa.field("title", pa.string(), nullable=False),  # its first 200 characters
    ]
)
INPUT_SCHEMA = pa.schema(
    [
        pa.field("id", ID, nullable=False),
        pa.field("copies", pa.int32(), nullable=False),  # URLs that served these bytes
        pa.field("rank", pa.int32(), nullable=False),  # the best place on a result page, from 0
        # every result that led to the image, the first finder first
        pa.field("found", pa.list_(FOUND), nullable=False),
    ]
)
STORED_SCHEMA = pa.schema(
    [
        pa.field("id", ID, nullable=False),
        pa.field("type", pa.dictionary(pa.int8(), pa.string()), nullable=False),
    ]
)
_COPIES_SCHEMA = pa.schema([("id", ID), ("copies", pa.int32())])
_FOUND_SCHEMA = pa.schema([("id", ID), ("rank", pa.int32()), *FOUND])
_STORED = "select distinct sha256, type from image where outcome = 'stored'"
_COPIES = "select sha256, count(*) as copies from image where outcome = 'stored' group by sha256"
_FOUND = f"""
select image.sha256, result.rank, page.engine, query.id as query, query.attributes, image.host,
       substr(coalesce(result.title, ''), 1, 200) as title
{WHO_FOUND}"""
_NOWHERE = 2**31 - 1  # the rank of what no result found

_Places = npt.NDArray[np.int64]


def stored_images(store: Store) -> pa.Table:
    """Every stored image with its MIME type, in no order, with `STORED_SCHEMA`.

    An image in several ledgers has several rows.
    """
    return read_columns(store, _STORED, STORED_SCHEMA)


def types_of(store: Store, ids: pa.Array) -> pa.ChunkedArray:
    """The MIME types of these stored images, in their order."""
    stored = stored_images(store)
    return stored["type"].take(pc.index_in(ids, value_set=stored["id"].combine_chunks()))


def input_table(store: Store) -> pa.Table:
    """What is known of every stored image, one row each, sorted by id, with `INPUT_SCHEMA`."""
    images = (
        read_columns(store, _COPIES, _COPIES_SCHEMA).group_by("id").aggregate([("copies", "sum")])
    )
    images = images.sort_by("id").combine_chunks()
    found = read_columns(store, _FOUND, _FOUND_SCHEMA).combine_chunks()
    place = pc.index_in(found["id"], value_set=images["id"].combine_chunks()).to_numpy()
    rank = np.full(images.num_rows, _NOWHERE, np.int32)
    np.minimum.at(rank, place, found["rank"].to_numpy())
    results = found.select(FOUND.names).to_struct_array().combine_chunks()
    lists = listed(results, place.astype(np.int64), images.num_rows)
    columns = [images["id"], images["copies_sum"].cast(pa.int32()), rank, lists]
    return pa.table(columns, schema=INPUT_SCHEMA)


def inherited(table: pa.Table, keepers: pa.Table) -> pa.Table:
    """Give every image that stands for copies of it the results that led to those, after its own.

    Args:
        keepers: the id of an image, and in the other column that of the one that stands for it.
    """
    ids = table["id"].combine_chunks()
    own = np.arange(table.num_rows)
    stand = keepers.columns[1].take(pc.index_in(ids, value_set=keepers["id"].combine_chunks()))
    heir = pc.index_in(stand, value_set=ids).fill_null(-1).to_numpy().astype(np.int64)
    heir = np.where(heir < 0, own, heir)
    found = table["found"].combine_chunks()
    owner = np.repeat(own, found.value_lengths().to_numpy())
    own_first = np.argsort(heir[owner] != owner, kind="stable")
    lists = listed(found.flatten().take(pa.array(own_first)), heir[owner][own_first], len(own))
    return table.set_column(table.column_names.index("found"), INPUT_SCHEMA.field("found"), lists)


def listed(values: pa.Array, place: _Places, rows: int) -> pa.ListArray:
    """Lists of the values that belong to each of so many rows, in the order they have."""
    ends = np.cumsum(np.bincount(place, minlength=rows))
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    order = pa.array(np.argsort(place, kind="stable"))
    return pa.ListArray.from_arrays(offsets, values.take(order), type=pa.list_(values.type))
