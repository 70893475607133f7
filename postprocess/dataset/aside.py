"""A dataset written beside the folder it is for, which it replaces when it is whole."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from carscrape.store import Store, WriteError
from postprocess.dataset import claim, sums


@contextmanager
def replaced(store: Store, to: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `to` in the end; if anything fails, `to` stays as it was.

    Raises:
        ExportError: `to` holds something else than a dataset of this store.
        WriteError: the folders cannot be written.
    """
    part, old = _beside(to)
    with _naming(to):
        sweep(store, to)
        claim.check(store, to)
        try:
            part.mkdir(parents=True)
            claim.mark(store, part)
            yield part
            sums.write(part)
            if to.exists():
                to.rename(old)
            part.rename(to)
        finally:
            shutil.rmtree(part, ignore_errors=True)
        with suppress(OSError):
            shutil.rmtree(old)


def sweep(store: Store, to: Path) -> None:
    """Remove what an export that was killed left beside its folder.

    Raises:
        ExportError: somebody else's files lie there.
        OSError: it cannot be removed.
    """
    part, old = _beside(to)
    if old.exists() and not to.exists():  # killed between the last two renames
        old.rename(to)
    for leftover in (part, old):
        claim.check(store, leftover)
        shutil.rmtree(leftover, ignore_errors=True)


def _beside(to: Path) -> tuple[Path, Path]:
    """Where a new dataset is written, and where the old one waits until the new one is there."""
    to = to.resolve()
    return to.with_name(f".{to.name}.part"), to.with_name(f".{to.name}.old")


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Turn what the system refuses into one line that names the folder."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"cannot write {folder}: {error.strerror}") from error
