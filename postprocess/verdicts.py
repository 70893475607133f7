"""The verdicts of a store: Parquet parts written by any number of writers, read back as one table.

STORE/verdicts/<stage>/<key>/part-*.parquet never changes once it has its name; which key of each
stage counts now stands in STORE/verdicts/current.json.
"""

import json
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from carscrape.store import Store, StoreError, WriteError
from postprocess.ledger_columns import ID, read_columns
from postprocess.parts import checked, empty, first_of_each, naming
from postprocess.stage import BASE_SCHEMA, Stage, plain
from postprocess.writing import write_aside

_STORED = "select sha256 from image where outcome = 'stored'"


@dataclass(frozen=True)
class Generation:
    """One stage as it counts now."""

    stage: str
    key: str
    identity: dict[str, Any]  # what the key was made from
    reasons: tuple[str, ...]
    skipped: str = ""  # why it did not run; "" = it ran
    failed: str = ""  # why its last run failed, so that these verdicts of an earlier one count


@dataclass(frozen=True)
class Step:
    """What one stage says of the images that every earlier stage kept."""

    stage: str
    entered: int  # images
    rows: pa.Table  # the verdicts on them: id, keep, reason, and the columns asked for

    @cached_property
    def kept(self) -> pa.Array:
        """The ids of those it kept."""
        return self.rows.filter(self.rows["keep"])["id"].combine_chunks()

    @cached_property
    def rejected(self) -> pa.Table:
        """The id and reason of those it rejected."""
        return self.rows.filter(pc.invert(self.rows["keep"])).select(["id", "reason"])


class Verdicts:
    """Reads and writes the verdicts of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.verdicts_dir
        self._current = self._folder / "current.json"

    def write(self, stage: type[Stage], key: str, table: pa.Table) -> None:
        """Add one part, complete under its name or not there at all.

        Raises:
            WriteError: the store cannot be written.
            StoreError: the rows do not have the stage's columns, or a reason is not one of its own.
        """
        part = self._folder_of(stage.name, key) / f"part-{secrets.token_hex(8)}.parquet"
        rows = checked(stage, table)
        aside = part.with_name(f".{part.name}.{os.getpid()}")
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as file:
                pq.write_table(rows, file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            aside.replace(part)
        except OSError as error:
            raise WriteError(f"cannot write the verdicts {part}: {error.strerror}") from error
        self._store.written(part)

    def exists(self, stage: str, key: str) -> bool:
        """Say whether any part was written under this key."""
        return bool(self.parts(stage, key))

    def parts(self, stage: str, key: str) -> list[Path]:
        """The files under a key, in the order in which their verdicts count."""
        return sorted(self._folder_of(stage, key).glob("part-*.parquet"))

    def read(self, stage: str, key: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read all parts; of two verdicts on one image the file whose name sorts first counts.

        Returns:
            One row per image, in no order, with the columns asked for (None: all of them). Where
            no part was written yet it is empty, and columns of the stage's own have type null.

        Raises:
            StoreError: a part is damaged, or lacks a column.
        """
        wanted = None if columns is None else list(dict.fromkeys(["id", *columns]))
        paths = self.parts(stage, key)
        if not paths:
            return empty(wanted).select(columns or BASE_SCHEMA.names)
        rows = first_of_each(pa.concat_tables(read_part(path, wanted) for path in paths))
        return rows if columns is None else rows.select(columns)

    def read_known(self, stage: str, key: str, columns: Collection[str]) -> pa.Table:
        """Read id, keep and reason, and those of these columns that the stage has.

        Raises:
            StoreError: a part is damaged.
        """
        wanted = ["id", "keep", "reason"]
        for part in self.parts(stage, key)[:1] if columns else ():
            with naming(part):
                wanted += [name for name in pq.read_schema(part).names if name in columns]
        return self.read(stage, key, list(dict.fromkeys(wanted)))

    def walk(
        self, ids: pa.Array, generations: Sequence[Generation], columns: Collection[str] = ()
    ) -> Iterator[Step]:
        """Lead these images through the stages that ran; each passes on what it has kept.

        Args:
            columns: to be read besides, of the stages that have them.

        Raises:
            StoreError: a part is damaged.
        """
        for generation in generations:
            if generation.skipped:
                continue
            rows = self.read_known(generation.stage, generation.key, columns)
            rows = rows.filter(pc.is_in(rows["id"], value_set=ids))
            yield (step := Step(generation.stage, len(ids), rows))
            ids = step.kept

    def kept(self, ids: pa.Array, generations: Sequence[Generation]) -> pa.Array:
        """Those of these images that every stage that ran has judged and kept, sorted by id."""
        for step in self.walk(ids, generations):
            ids = step.kept
        return ids.take(pc.sort_indices(ids))

    def current(self) -> list[Generation]:
        """The stages as they count now, in the order of the pipeline; [] before the first run.

        Raises:
            StoreError: the list is damaged.
        """
        try:
            entries = json.loads(self._current.read_text(encoding="utf-8"))
            return [
                Generation(**{**entry, "reasons": tuple(entry["reasons"])}) for entry in entries
            ]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                f"cannot read {self._current}: {error}; delete it and run all stages again "
                "(what was judged is not lost)"
            ) from error

    def set_current(self, generations: Sequence[Generation]) -> None:
        """Say which verdicts count from now on; a reader sees the old list or the new one.

        Raises:
            WriteError: the store cannot be written.
        """
        text = json.dumps(
            [asdict(generation) for generation in generations], indent=1, default=plain
        )
        self._store.written(write_aside(self._current, f"{text}\n".encode()))

    def _folder_of(self, stage: str, key: str) -> Path:
        return self._folder / stage / key


def image_ids(store: Store) -> pa.Array:
    """The ids of all stored images, as 32 bytes each, sorted."""
    ids = read_columns(store, _STORED, pa.schema([("id", ID)]))["id"].unique()
    return ids.take(pc.sort_indices(ids))


def read_part(path: Path, columns: Sequence[str] | None) -> pa.Table:
    """Read columns of one part (None: all).

    Raises:
        StoreError: it is damaged, or lacks a column.
    """
    with naming(path):
        return pq.read_table(path, columns=columns, partitioning=None)
