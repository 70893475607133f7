"""The verdicts that count now: readable, of known images, with reasons of the closed list."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store, StoreError
from postprocess.verdicts import Generation, Verdicts, image_ids


def parts(store: Store) -> Iterator[str]:
    """Parts that cannot be read, and rows that cannot be right."""
    verdicts = Verdicts(store)
    ids = image_ids(store)
    try:
        current = verdicts.current()
    except StoreError as error:
        yield str(error)
        return
    for generation in current:
        if not generation.skipped:
            try:
                table = verdicts.read(generation.stage, generation.key)
            except StoreError as error:
                yield str(error)
            else:
                yield from _rows(store, generation, table, ids)


def _rows(store: Store, generation: Generation, table: pa.Table, ids: pa.Array) -> Iterator[str]:
    place = store.verdicts_dir / generation.stage / generation.key
    remedy = f"delete the folder and run python -m postprocess run {store.root}"
    strangers = table.filter(pc.invert(pc.is_in(table["id"], value_set=ids)))
    if strangers.num_rows:
        first = strangers["id"][0].as_py().hex()
        yield (
            f"{place} judges {strangers.num_rows:,} images that no ledger knows, among them "
            f"{first}: {remedy}"
        )
    for row in table["reason"].value_counts().to_pylist():
        if row["values"] not in generation.reasons:
            yield (
                f"{place} gives the unknown reason {row['values']!r} to {row['counts']:,} images: "
                f"{remedy}"
            )
