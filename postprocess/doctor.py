"""Re-read a whole store and say what does not add up."""

from carscrape.store import Store
from postprocess.checks import (
    datasets,
    images,
    ledgers,
    leftovers,
    splits,
    sums,
    takedowns,
    verdicts,
)


def examine(store: Store) -> list[str]:
    """Everything that is wrong with a store, one line each: what, where, and what to do.

    Every stored and exported file is read and hashed: this takes as long as reading the disk does.

    Raises:
        StoreError: there is no store.
    """
    damaged = list(ledgers.trouble(store))
    if damaged:  # nothing else can be told without the ledgers
        return damaged
    rows = list(ledgers.rows(store))
    files = [*images.files(store), *images.strays(store), *leftovers.leftovers(store)]
    files += takedowns.undone(store)
    if rows:  # what is made from them cannot be right either
        return rows + files
    judged = list(verdicts.parts(store)) or sums.sums(store)
    return [*files, *judged, *splits.memory(store), *datasets.exported(store)]
