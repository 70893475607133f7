"""Where a store lies that a command line names: in a folder, or at a URL."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from carscrape.remote.urls import UrlError, check_url
from carscrape.store import Store, StoreError
from postprocess.usage import UsageError


def place(text: str) -> Path | str:
    """A folder, or a URL as it stands."""
    return text if "://" in text else Path(text)


@contextmanager
def found(folder: Path) -> Iterator[Store]:
    """The store in a folder.

    Raises:
        UsageError: there is none.
    """
    store = Store(folder)
    try:
        store.ledger_paths()
    except StoreError as error:
        raise UsageError(str(error)) from error
    yield store


def brought(url: str, *, judge: bool, engine: str) -> AbstractContextManager[Store]:
    """The store at a URL, whose images stay there.

    Args:
        judge: whether it is to be judged; nothing else can be done with it there.
        engine: what judges it.

    Raises:
        UsageError: it is no URL of a store, must be brought here, or cannot be reached with what
            is installed.
    """
    try:
        check_url(url)
    except UrlError as error:
        raise UsageError(str(error)) from error
    if not judge or engine != "ray":
        there = ", or judge its images where they lie: --engine ray" if judge else ""
        raise UsageError(
            f"{url} is no folder: bring it into one (python -m carscrape.remote fetch {url} STORE)"
            f"{there}"
        )
    try:
        from postprocess.remote import brought
    except ImportError as error:
        raise UsageError(f"to reach {url}, install carscrape/requirements-remote.txt") from error
    return brought(url)
