"""What interrupted writes left behind: files under the temporary names they were written with."""

from collections.abc import Iterator
from pathlib import Path

from carscrape.store import Store


def leftovers(store: Store) -> Iterator[str]:
    """Temporary files beside the images and the verdicts."""
    for folder in (store.images_dir, store.verdicts_dir):
        for path in sorted(filter(is_leftover, folder.rglob("*"))):
            yield f"{path} was left by a write that was interrupted: delete it"


def is_leftover(path: Path) -> bool:
    """Say whether the name is one that is only borne while a file is being written."""
    return (path.name.startswith(".") or path.suffix == ".part") and path.is_file()
