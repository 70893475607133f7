"""TFRecord: one `tf.train.Example` per image, as `tf.data.TFRecordDataset` reads them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from carscrape.store import EXTENSIONS
from postprocess.certificate import Exported
from postprocess.dataset.examples import Example, ExportError
from postprocess.dataset.facts import facts
from postprocess.dataset.image_exporter import ImageExporter
from postprocess.dataset.images import Images, Item
from postprocess.dataset.shards import shards, write_shards
from postprocess.quiet import import_quietly


class TFRecord(ImageExporter):
    """Shards named DIR/<split>/00000-of-00002.tfrecord."""

    name: ClassVar[str] = "tfrecord"
    loading: ClassVar[str] = """\
```python
train = tf.data.TFRecordDataset(sorted(glob.glob("train/*.tfrecord"))).map(
    lambda record: tf.io.parse_single_example(record, {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
    }))
```

`image/class/text` is the label, `image/format` the type: `tf.io.decode_image` reads jpg, png, gif
and bmp."""

    def write(self, images: Images, folder: Path) -> dict[str, Example]:
        """Write records with TensorFlow, whose checksums and fields are right by definition."""
        return write_shards(folder, images, "tfrecord", _opened)

    def read(self, folder: Path) -> Iterator[Exported]:
        """Read every record; TensorFlow compares the checksums."""
        tf = _tensorflow()
        for split, path in shards(folder, "tfrecord"):
            for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                features = tf.train.Example.FromString(record).features.feature
                (content,), (id_,) = (
                    features[name].bytes_list.value for name in ("image/encoded", "sha256")
                )
                yield Exported(split, id_.decode(), content)


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[Item], None]]:
    tf = _tensorflow()
    with tf.io.TFRecordWriter(str(path)) as writer:

        def add(item: Item) -> None:
            features = {name: _feature(tf, value) for name, value in _values(item).items()}
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString(deterministic=True))

        yield add


def _values(item: Item) -> dict[str, bytes | int | None]:
    example = item.example
    return {
        **{name: text.encode() for name, text in facts(item).items()},
        "image/encoded": item.content,
        "image/format": EXTENSIONS[example.type].encode(),
        "image/filename": item.file.encode(),
        "image/width": example.width,
        "image/height": example.height,
        "image/class/label": item.number,
        "image/class/text": example.label.encode(),
    }


def _feature(tf: Any, value: bytes | int | None) -> Any:
    """A list of one value, or of none."""
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    values = [] if value is None else [value]
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def _tensorflow() -> Any:
    try:
        return import_quietly("tensorflow")
    except ImportError as error:
        raise ExportError(
            f"TensorFlow cannot start ({error}): install postprocess/requirements.txt"
        ) from error
