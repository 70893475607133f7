"""Which image is for training, validation or test: drawn once, remembered for ever.

The memory is STORE/dataset/splits.parquet. Rows are only ever added to it, so a store that grows
never moves an image from one split to another.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from carscrape.store import Store, StoreError
from postprocess.dataset.units import Units
from postprocess.writing import write_aside

PER_MILLE = {"train": 800, "val": 100, "test": 100}
"""How many of a thousand units each split gets. Where two meet, those of the later one stay."""

MOST_ON_PAGE = 20  # kept images; a page with more is a catalogue, whose pictures are strangers
MOST_OF_STORE = 0.01  # of the kept images in a unit that pages make, or it swallows a crawl

SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),  # sha256 of the image
        pa.field("split", pa.string(), nullable=False),
        pa.field("unit", pa.binary(32), nullable=False),  # the first image of its unit that was
        pa.field("seed", pa.int64(), nullable=False),
    ]
)

Clusters = Iterable[Sequence[bytes]]  # ids of images that belong together


class SplitError(StoreError):
    """A split that is damaged or was drawn with another seed; the text says what to do."""


@dataclass
class Splits:
    """The split of every image drawn so far, and the unit it was drawn in, by id (32 bytes)."""

    seed: int
    split: dict[bytes, str]
    unit: dict[bytes, bytes]

    def assign(self, images: Iterable[bytes], groups: Clusters, pages: Clusters) -> list[bytes]:
        """Draw a split for every image that has none: the one its unit is in, else a new one.

        Args:
            groups: copies of one picture, these images or any drawn before.
            pages: of these images, those that one page shows.

        Returns:
            The images left out, sorted: they would join two splits. Those drawn before stay where
            they are, but only the ones in the later split are not left out.
        """
        images = sorted(images)
        units = _units(self.split, images, groups, pages)
        fresh: dict[bytes, bytes] = {}  # root of a unit with no split -> its first image
        for image in images:
            if image not in self.split and image not in units.left_out:
                first = units.drawn(image) or fresh.setdefault(units.root(image), image)
                self.split[image] = self.split.get(first) or draw(self.seed, first)
                self.unit[image] = first
        return sorted(units.left_out.intersection(images))


def _units(
    split: dict[bytes, str], images: Sequence[bytes], groups: Clusters, pages: Clusters
) -> Units:
    units = Units(dict(split), images, list(PER_MILLE))
    for group in sorted(sorted(group) for group in groups):
        units.join(group)
    small = (sorted(page) for page in pages if len(page) <= MOST_ON_PAGE)
    for page in sorted(small, key=lambda page: (len(page), page)):
        units.join(page, MOST_OF_STORE * len(images))
    return units


def draw(seed: int, image: bytes) -> str:
    """The split of a new unit, from its smallest image id: the same on every machine."""
    digest = hashlib.sha256(str(seed).encode() + image).digest()
    place = int.from_bytes(digest, "big") % 1000
    for split, share in PER_MILLE.items():
        if place < share:
            return split
        place -= share
    raise AssertionError("the shares sum to less than 1000")


def path_of(store: Store) -> Path:
    """Where the split of a store is remembered."""
    return store.dataset_dir / "splits.parquet"


def read(store: Store) -> pa.Table:
    """The remembered rows, in the order they were drawn; none where nothing was drawn yet.

    Raises:
        SplitError: the file is there but cannot be read.
    """
    path = path_of(store)
    if not path.exists():
        return SCHEMA.empty_table()
    try:
        return pq.read_table(path, schema=SCHEMA)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise SplitError(
            f"cannot read {path}: {reason}. Restore it, or delete it to draw every split anew"
        ) from error


def recall(store: Store, seed: int) -> Splits:
    """What was drawn so far.

    Raises:
        SplitError: the store was split with another seed, or the file cannot be read.
    """
    table = read(store)
    for other in set(table["seed"].to_pylist()) - {seed}:
        raise SplitError(
            f"{path_of(store)} was drawn with seed {other}, not {seed}: use that seed, "
            "or delete the file to draw every split anew"
        )
    ids = table["id"].to_pylist()
    return Splits(
        seed,
        dict(zip(ids, table["split"].to_pylist(), strict=True)),
        dict(zip(ids, table["unit"].to_pylist(), strict=True)),
    )


def remember(store: Store, splits: Splits) -> None:
    """Add what is new to the memory.

    Raises:
        SplitError: the file cannot be read.
        StoreError: it cannot be written.
    """
    table = read(store)
    new = list(splits.split)[table.num_rows :]
    if new:
        columns = [new, [splits.split[i] for i in new], [splits.unit[i] for i in new]]
        added = pa.table([*columns, [splits.seed] * len(new)], schema=SCHEMA)
        buffer = BytesIO()
        pq.write_table(pa.concat_tables([table, added]), buffer)
        write_aside(path_of(store), buffer.getvalue())
