"""CSV: DIR/images/<split>/<sha256>.<ext>, labels.csv as fastai reads it, and test.csv."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from postprocess.certificate import Exported
from postprocess.dataset.examples import Example
from postprocess.dataset.image_exporter import ImageExporter
from postprocess.dataset.images import Images
from postprocess.dataset.splits import PER_MILLE
from postprocess.spreadsheet import write_csv

_HEAD = ("fname", "label", "is_valid")
_LISTED = {"train": "labels.csv", "val": "labels.csv", "test": "test.csv"}


class Csv(ImageExporter):
    """Lists of files and labels; the test set has one of its own, since fastai knows two splits."""

    name: ClassVar[str] = "csv"
    loading: ClassVar[str] = """\
```python
loaders = ImageDataLoaders.from_csv(
    ".", folder="images", valid_col="is_valid", item_tfms=Resize(224)
)
```

fastai reads `labels.csv`; the test set is in `test.csv`. A label that would begin like a formula
has a "'" before it."""

    def write(self, images: Images, folder: Path) -> dict[str, Example]:
        """Write each image and its row."""
        paths = {}
        rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _LISTED.values()}
        for split in PER_MILLE:
            (folder / "images" / split).mkdir(parents=True)
        for item in images:
            split = item.example.split
            name = f"{split}/{item.file}"
            (folder / "images" / name).write_bytes(item.content)
            rows[_LISTED[split]].append((name, item.example.label, split == "val"))
            paths[f"images/{name}"] = item.example
        for list_, listed in rows.items():
            with (folder / list_).open("w", encoding="utf-8", newline="") as file:
                write_csv(file, [_HEAD, *listed])
        return paths

    def read(self, folder: Path) -> Iterator[Exported]:
        """Read every file."""
        for split in PER_MILLE:
            for path in sorted((folder / "images" / split).iterdir()):
                yield Exported(split, path.stem, path.read_bytes())
