"""Parquet, as Hugging Face's `datasets` reads it: an image, its label, where it was found."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from postprocess.certificate import Exported
from postprocess.dataset.examples import Example
from postprocess.dataset.facts import facts
from postprocess.dataset.image_exporter import ImageExporter
from postprocess.dataset.images import Images, Item
from postprocess.dataset.shards import shards, write_shards

_ROWS = 100  # in a row group, all of which a reader has in memory
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_TEXTS = ("sha256", "page_url", "image_url", "title", "licence", "attributes")
_FIELDS = [("image", _IMAGE), ("label", pa.int64()), *((name, pa.string()) for name in _TEXTS)]


class Parquet(ImageExporter):
    """Shards named DIR/<split>/00000-of-00002.parquet."""

    name: ClassVar[str] = "parquet"
    loading: ClassVar[str] = """\
```python
dataset = datasets.load_dataset("FOLDER")  # has train, validation and test
```"""

    def write(self, images: Images, folder: Path) -> dict[str, Example]:
        """Write rows whose metadata says what `datasets` is to make of them."""
        schema = pa.schema(_FIELDS, {"huggingface": _features(images.labels)})
        return write_shards(folder, images, "parquet", partial(_opened, schema))

    def read(self, folder: Path) -> Iterator[Exported]:
        """Read every row."""
        for split, path in shards(folder, "parquet"):
            with pq.ParquetFile(path) as file:
                for rows in file.iter_batches(_ROWS, columns=["image", "sha256"]):
                    for row in rows.to_pylist():
                        yield Exported(split, row["sha256"], row["image"]["bytes"])


@contextmanager
def _opened(schema: pa.Schema, path: Path) -> Iterator[Callable[[Item], None]]:
    rows: list[dict[str, Any]] = []
    with pq.ParquetWriter(path, schema) as writer:

        def add(item: Item) -> None:
            rows.append(_row(item))
            if len(rows) == _ROWS:
                flush()

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            rows.clear()

        yield add
        flush()


def _row(item: Item) -> dict[str, Any]:
    return {
        "image": {"bytes": item.content, "path": item.file},
        "label": item.number,
        "attributes": json.dumps(item.example.attributes),
        **facts(item),
    }


def _features(labels: list[str]) -> str:
    """What the columns are, in the words of `datasets`."""
    features: dict[str, dict[str, object]] = {
        "image": {"_type": "Image"},
        "label": {"names": labels, "_type": "ClassLabel"},
        **{name: {"dtype": "string", "_type": "Value"} for name in _TEXTS},
    }
    return json.dumps({"info": {"features": features}})
