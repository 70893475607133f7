"""The memory of the splits: it reads, one seed, known splits, no image twice, no unit in two."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store, StoreError
from postprocess.dataset import splits, together


def memory(store: Store) -> Iterator[str]:
    """Rows of STORE/dataset/splits.parquet that contradict each other, and damaged files."""
    path = splits.path_of(store)
    try:
        together.read(store)
        table = splits.read(store)
    except StoreError as error:
        yield str(error)
        return
    for wrong in _wrong(table):
        yield f"{path} {wrong}: restore it, or delete it to draw every split anew"


def _wrong(table: pa.Table) -> Iterator[str]:
    seeds = sorted(set(table["seed"].to_pylist()))
    if len(seeds) > 1:
        yield f"was drawn with several seeds ({', '.join(map(str, seeds))})"
    for split in sorted(set(table["split"].to_pylist()).difference(splits.PER_MILLE)):
        yield f"names the unknown split {split!r}"
    twice = table.num_rows - pc.count_distinct(table["id"]).as_py()
    if twice:
        yield f"names {twice:,} images more than once"
    torn = table.group_by("unit").aggregate([("split", "count_distinct")])
    torn = torn.filter(pc.greater(torn["split_count_distinct"], 1))["unit"]
    if len(torn):
        yield f"has {len(torn):,} units in two splits, among them {torn[0].as_py().hex()}"
