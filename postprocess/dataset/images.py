"""The images of a dataset with their bytes as they are exported: whole, and without metadata."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from carscrape.store import EXTENSIONS, Store
from postprocess.dataset.examples import Example, ExportError
from postprocess.dataset.slugs import slugs
from postprocess.dataset.splits import PER_MILLE
from postprocess.metadata import MetadataError, without_metadata
from postprocess.progress import bar


@dataclass(frozen=True, slots=True)
class Item:
    """One image as it is exported."""

    example: Example
    content: bytes
    name: str  # its label as the name of a folder
    number: int  # its label as a number

    @property
    def file(self) -> str:
        """Its name: the sha256 of the bytes that were served."""
        return f"{self.example.id}.{EXTENSIONS[self.example.type]}"


class Images:
    """Iterates over items by split and id; what cannot be cleaned is passed over and noted."""

    def __init__(self, store: Store, examples: Sequence[Example], keep_metadata: bool) -> None:
        order = list(PER_MILLE)
        self._store = store
        self._examples = sorted(examples, key=lambda one: (order.index(one.split), one.id))
        self._keep_metadata = keep_metadata
        self.unclean: list[str] = []  # sha256 (hex) of those passed over
        self.names = slugs({example.label for example in examples})
        """Label -> name of its folder."""
        self.labels = sorted(self.names, key=self.names.__getitem__)
        """Every label at the place of its number, which follows from the names of the folders."""

    def __iter__(self) -> Iterator[Item]:
        """Raises ExportError where an image is missing or damaged."""
        numbers = {label: number for number, label in enumerate(self.labels)}
        with bar("export", len(self._examples)) as advance:
            for example in self._examples:
                content = self._content(example)
                if content is not None:
                    label = example.label
                    yield Item(example, content, self.names[label], numbers[label])
                advance(1)

    def _content(self, example: Example) -> bytes | None:
        path = self._store.image_path(example.id, example.type)
        doctor = f"python -m postprocess doctor {self._store.root} lists all such"
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ExportError(f"cannot export {path}: {error.strerror}. {doctor}") from error
        if hashlib.sha256(content).hexdigest() != example.id:
            raise ExportError(f"cannot export {path}: its bytes do not match its name. {doctor}")
        if self._keep_metadata:
            return content
        try:
            return without_metadata(content, example.type)
        except MetadataError:
            self.unclean.append(example.id)
            return None
