"""Where the datasets of a store lie: STORE/dataset/exports.json, absolute path -> format."""

import json
from pathlib import Path

from carscrape.store import Store, StoreError
from postprocess.writing import write_aside


def path_of(store: Store) -> Path:
    """The file that remembers them."""
    return store.dataset_dir / "exports.json"


def read(store: Store) -> dict[Path, str]:
    """Every folder that a dataset was exported into, and its format; it may be gone since.

    Raises:
        StoreError: the file is damaged.
    """
    try:
        entries = json.loads(path_of(store).read_text(encoding="utf-8"))
        return {Path(path): str(name) for path, name in entries.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        raise StoreError(f"cannot read {path_of(store)}: {error}; delete it") from error


def add(store: Store, folder: Path, format_: str) -> None:
    """Remember one more.

    Raises:
        StoreError: the file is damaged or cannot be written.
    """
    known = read(store) | {folder.resolve(): format_}
    text = json.dumps({str(path): known[path] for path in sorted(known)}, indent=1)
    write_aside(path_of(store), f"{text}\n".encode())
