"""Folders: DIR/<split>/<label>/<sha256>.<ext>, as Keras and torchvision read them."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from postprocess.certificate import Exported
from postprocess.dataset.examples import Example
from postprocess.dataset.image_exporter import ImageExporter
from postprocess.dataset.images import Images
from postprocess.dataset.splits import PER_MILLE


class Folders(ImageExporter):
    """One folder per split and label, one file per image."""

    name: ClassVar[str] = "folders"
    loading: ClassVar[str] = """\
```python
train = keras.utils.image_dataset_from_directory("train")
train = torchvision.datasets.ImageFolder("train")
```"""

    def write(self, images: Images, folder: Path) -> dict[str, Example]:
        """Write each image into the folder of its split and label."""
        paths = {}
        for split in PER_MILLE:
            for name in images.names.values():  # even if empty: loaders number what they see
                (folder / split / name).mkdir(parents=True)
        for item in images:
            path = f"{item.example.split}/{item.name}/{item.file}"
            (folder / path).write_bytes(item.content)
            paths[path] = item.example
        return paths

    def read(self, folder: Path) -> Iterator[Exported]:
        """Read every file."""
        for split in PER_MILLE:
            for path in sorted((folder / split).glob("*/*")):
                yield Exported(split, path.stem, path.read_bytes())
