"""Which image is for training, validation or test: drawn once, remembered for ever.

The memory is STORE/dataset/splits.parquet. Rows are only ever added to it, so a store that grows
never moves an image from one split to another.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from carscrape.store import Store, StoreError
from postprocess.writing import write_aside

PER_MILLE = {"train": 800, "val": 100, "test": 100}
"""How many of a thousand units each split gets."""

SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),  # sha256 of the image
        pa.field("split", pa.string(), nullable=False),
        pa.field("unit", pa.binary(32), nullable=False),  # its dedupe group when it was drawn
        pa.field("seed", pa.int64(), nullable=False),
    ]
)


class SplitError(StoreError):
    """A split that is damaged or was drawn with another seed; the text says what to do."""


@dataclass
class Splits:
    """The split of every image drawn so far, and the unit it was drawn in, by id (32 bytes)."""

    seed: int
    split: dict[bytes, str]
    unit: dict[bytes, bytes]

    def assign(self, images: Iterable[bytes], units: Mapping[bytes, bytes]) -> list[bytes]:
        """Draw a split for every image that has none: the one its unit is in, else a new one.

        Args:
            units: image id -> id of its unit, of these images and of any drawn before.

        Returns:
            The images left out, sorted: their unit joins images that were drawn apart before.
            Those stay where they are, and nothing that resembles both is added.
        """
        taken = self._splits_of_units(units)
        left_out = []
        for image in sorted(images):
            if image in self.split:
                continue
            splits = taken.setdefault(units[image], set()) or {draw(self.seed, image)}
            if len(splits) > 1:
                left_out.append(image)
                continue
            taken[units[image]] = splits
            (self.split[image],) = splits
            self.unit[image] = units[image]
        return left_out

    def _splits_of_units(self, units: Mapping[bytes, bytes]) -> dict[bytes, set[str]]:
        taken: dict[bytes, set[str]] = {}
        for image, split in self.split.items():
            taken.setdefault(units.get(image, self.unit[image]), set()).add(split)
        return taken


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


def split(
    store: Store, images: Iterable[bytes], units: Mapping[bytes, bytes], seed: int
) -> tuple[dict[bytes, str], list[bytes]]:
    """The splits of these images and of all drawn before; what is new is remembered.

    Args:
        units: image id -> id of its unit, of these images and of any drawn before.

    Returns:
        The split by image id, and the images left out (see `Splits.assign`).

    Raises:
        SplitError: the store was split with another seed, or the file cannot be read.
        StoreError: the file cannot be written.
    """
    table = read(store)
    for other in set(table["seed"].to_pylist()) - {seed}:
        raise SplitError(
            f"{path_of(store)} was drawn with seed {other}, not {seed}: use that seed, "
            "or delete the file to draw every split anew"
        )
    ids = table["id"].to_pylist()
    splits = Splits(
        seed,
        dict(zip(ids, table["split"].to_pylist(), strict=True)),
        dict(zip(ids, table["unit"].to_pylist(), strict=True)),
    )
    known = len(splits.split)
    left_out = splits.assign(images, units)
    new = list(splits.split)[known:]
    if new:
        columns = [new, [splits.split[i] for i in new], [splits.unit[i] for i in new]]
        added = pa.table([*columns, [seed] * len(new)], schema=SCHEMA)
        _write(path_of(store), pa.concat_tables([table, added]))
    return splits.split, left_out


def _write(path: Path, table: pa.Table) -> None:
    buffer = BytesIO()
    pq.write_table(table, buffer)
    write_aside(path, buffer.getvalue())
