"""Folders: DIR/<split>/<label>/<sha256>.<ext>, as keras and torchvision read them, and a manifest.

DIR/manifest.csv is renamed into place last, so where it is, the dataset is complete.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from carscrape.store import EXTENSIONS, Store, WriteError
from postprocess.dataset import claim
from postprocess.dataset.card import dataset_card
from postprocess.dataset.examples import Example, ExportError, read_examples
from postprocess.dataset.manifest import write_manifest
from postprocess.dataset.slugs import slugs
from postprocess.dataset.splits import PER_MILLE
from postprocess.exporters.base import Export, Exporter, count_splits
from postprocess.progress import bar
from postprocess.verdicts import Verdicts
from postprocess.writing import write_aside

MANIFEST = "manifest.csv"
UNFINISHED = "manifest.csv.part"
_IMAGE = re.compile(r"\.?[0-9a-f]{64}\.[a-z]+(\.\d+)?")  # one of ours, or what a kill left of it


class Folders(Exporter):
    """One folder per split and label, the images byte for byte as they were served."""

    name: ClassVar[str] = "folders"

    def export(self, store: Store, to: Path, seed: int) -> Export:
        """Write the folders, a manifest and a README.md; see `Exporter.export`."""
        with _naming(to):
            claim.check(store, to)
        examples = read_examples(store, seed)
        done = Export(to, seed, count_splits(examples.rows), examples.left_out)
        names = slugs(done.counts)
        paths = {_path(example, names): example for example in examples.rows}
        with _naming(to):
            _begin(store, to, paths)
            for split in PER_MILLE:
                for name in names.values():  # even if empty: loaders number the folders they see
                    (to / split / name).mkdir(parents=True, exist_ok=True)
            with bar(self.name, len(paths)) as advance:
                for path, example in sorted(paths.items()):
                    _copy(store, example, to / path)
                    advance(1)
            _remove_others(to, paths)
            card = dataset_card(done, examples.rows, Verdicts(store).current())
            write_aside(to / "README.md", card.encode())
            (to / UNFINISHED).replace(to / MANIFEST)
        return done


def _path(example: Example, names: dict[str, str]) -> str:
    file = f"{example.id}.{EXTENSIONS[example.type]}"
    return f"{example.split}/{names[example.label]}/{file}"


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Turn what the system refuses into one line that names the folder."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"cannot write {error.filename or folder}: {error.strerror}") from error


def _begin(store: Store, folder: Path, paths: dict[str, Example]) -> None:
    """Mark the folder as ours, write the new manifest aside, and drop the old one."""
    folder.mkdir(parents=True, exist_ok=True)
    claim.mark(store, folder)
    write_manifest(folder / UNFINISHED, paths)
    (folder / MANIFEST).unlink(missing_ok=True)


def _copy(store: Store, example: Example, target: Path) -> None:
    if target.is_file() and _sha256(target.read_bytes()) == example.id:
        return
    source = store.image_path(example.id, example.type)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise ExportError(_damaged(store, source, error.strerror or "")) from error
    if _sha256(content) != example.id:
        raise ExportError(_damaged(store, source, "its bytes do not match its name"))
    write_aside(target, content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _damaged(store: Store, path: Path, why: str) -> str:
    return f"cannot export {path}: {why}. python -m postprocess doctor {store.root} lists all such"


def _remove_others(folder: Path, paths: dict[str, Example]) -> None:
    """Remove images of an earlier export that are not kept any more, and folders left empty."""
    labels = {Path(path).parent.name for path in paths}
    for split in PER_MILLE:
        for path in (folder / split).glob("*/*"):
            if path.relative_to(folder).as_posix() not in paths and _IMAGE.fullmatch(path.name):
                path.unlink()
        for label in (folder / split).iterdir():
            if label.name not in labels and label.is_dir() and not any(label.iterdir()):
                label.rmdir()
