"""Where the datasets of a store went, so that what is taken down can be removed from them."""

import json
from pathlib import Path
from typing import Any

from carscrape.store import Store, StoreError
from postprocess.writing import write_aside


def known_exports(store: Store) -> dict[Path, dict[str, Any]]:
    """Folder -> what it was exported with, sorted.

    Raises:
        StoreError: the list is damaged.
    """
    path = _path(store)
    try:
        read = json.loads(path.read_text("utf-8"))
        return {Path(folder): dict(options) for folder, options in sorted(read.items())}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreError(f"cannot read {path}: {error}; restore it") from error


def remember_export(store: Store, folder: Path, options: dict[str, Any]) -> None:
    """Write down that a dataset is made in a folder.

    Raises:
        StoreError: the list is damaged, or cannot be written.
    """
    known = {str(path): how for path, how in known_exports(store).items()}
    known[str(folder.resolve())] = options
    write_aside(_path(store), json.dumps(known, indent=1).encode() + b"\n")


def _path(store: Store) -> Path:
    return store.dataset_dir / "exports.json"
