"""WebDataset: tar files in which an image and a JSON of the same name follow each other."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from postprocess.certificate import Exported
from postprocess.dataset.examples import Example
from postprocess.dataset.facts import facts
from postprocess.dataset.image_exporter import ImageExporter
from postprocess.dataset.images import Images, Item
from postprocess.dataset.shards import shards, write_shards


class WebDataset(ImageExporter):
    """Shards named DIR/<split>/00000-of-00002.tar."""

    name: ClassVar[str] = "webdataset"
    loading: ClassVar[str] = """\
```python
train = webdataset.WebDataset(sorted(glob.glob("train/*.tar")), shardshuffle=False)
for sample in train.to_tuple("jpg;png;webp;gif;bmp;avif", "json"): ...
```

`shards.csv` says how many images each shard has."""

    def write(self, images: Images, folder: Path) -> dict[str, Example]:
        """Write tar files whose bytes depend on nothing but the images."""
        return write_shards(folder, images, "tar", _opened)

    def read(self, folder: Path) -> Iterator[Exported]:
        """Read every image in every tar file."""
        for split, path in shards(folder, "tar"):
            with tarfile.open(path) as archive:
                for member in archive:
                    stem, _, suffix = member.name.partition(".")
                    file = archive.extractfile(member)
                    if suffix != "json" and file is not None:
                        yield Exported(split, stem, file.read())


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[Item], None]]:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:

        def add(item: Item) -> None:
            record = facts(item) | {
                "label": item.example.label,
                "class": item.number,
                "attributes": item.example.attributes,
            }
            text = json.dumps(record, sort_keys=True).encode()
            for name, content in ((item.file, item.content), (f"{item.example.id}.json", text)):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))

        yield add
