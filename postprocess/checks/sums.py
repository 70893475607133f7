"""The funnel: what was asked, found, fetched, judged and kept adds up."""

from collections.abc import Iterator

from carscrape.store import Store, StoreError
from postprocess.funnel import count, disagreements


def sums(store: Store) -> Iterator[str]:
    """Sums that do not agree, and images that a stage has not judged."""
    try:
        funnel = count(store)
    except StoreError as error:
        yield f"the funnel cannot be counted: {error}"
        return
    for sentence in disagreements(funnel):
        yield f"{store.root}: {sentence}: rows were lost or changed; restore the ledgers"
    for stage in funnel.stages:
        if stage.missing and not stage.skipped:
            yield (
                f"{store.root}: {stage.missing:,} images have no verdict of {stage.name}: "
                f"python -m postprocess run {store.root}"
            )
