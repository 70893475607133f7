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
            with suppress(OSError):
                _remove(part)
        with suppress(OSError):
            _remove(old)


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
        _remove(leftover)


def _remove(folder: Path) -> None:
    """Delete a folder, what says whose it is last: after a kill on the way it is still ours."""
    for path in folder.iterdir() if folder.exists() else ():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != sums.ID_NAME:
            path.unlink()
    (folder / sums.ID_NAME).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        folder.rmdir()


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
