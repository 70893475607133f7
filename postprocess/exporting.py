"""A dataset from its claim on a folder to its card, whatever its format."""

from pathlib import Path

from carscrape.store import Store
from postprocess.dataset import claim, register
from postprocess.dataset.examples import read_examples
from postprocess.dataset.papers import write_papers
from postprocess.exporters import exporter_names, load_exporter
from postprocess.exporters.base import Export
from postprocess.usage import UsageError


def make_dataset(store: Store, format_: str, to: Path, seed: int) -> Export:
    """Export the kept images, remember where to, and describe them in the folder.

    Raises:
        UsageError: there is no such format.
        StoreError: see `Exporter.export`.
    """
    try:
        exporter = load_exporter(format_)
    except KeyError as error:
        names = ", ".join(exporter_names())
        raise UsageError(f"no format {format_!r}; there is: {names}") from error
    claim.check(store, to)
    # Before anything is written: a takedown must know of an export that was cut short, too.
    register.add(store, to, format_)
    done = exporter.export(store, to, seed)
    write_papers(store, to, done, read_examples(store, seed).rows)
    return done
