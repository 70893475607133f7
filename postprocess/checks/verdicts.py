"""The verdicts that count now: readable, with reasons of the closed list."""

from collections.abc import Iterator

import pyarrow as pa

from carscrape.store import Store, StoreError
from postprocess.verdicts import Generation, Verdicts


def parts(store: Store) -> Iterator[str]:
    """Parts that cannot be read, and rows that cannot be right."""
    verdicts = Verdicts(store)
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
                yield from _rows(store, generation, table)


def _rows(store: Store, generation: Generation, table: pa.Table) -> Iterator[str]:
    place = store.verdicts_dir / generation.stage / generation.key
    for row in table["reason"].value_counts().to_pylist():
        if row["values"] not in generation.reasons:
            yield (
                f"{place} gives the unknown reason {row['values']!r} to {row['counts']:,} images: "
                f"delete the folder and run python -m postprocess run {store.root}"
            )
