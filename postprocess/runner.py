"""What is the same however stages run: what lacks a verdict, a batch judged, parts written.

There is no checkpoint: a run asks which images lack a verdict and judges those. So a killed run
loses at most the open part, and the next one goes on from there.
"""

import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from io import RawIOBase
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from postprocess.joining import join
from postprocess.stage import Image, ImageStage, StageError, TableStage, Verdict
from postprocess.verdicts import Verdicts
from postprocess.workers import Failure

PART_ROWS = 4096
PART_SECONDS = 30.0
_DIGEST_ROWS = 16_384
BATCH_ERRORS = (ArithmeticError, MemoryError, OSError, RuntimeError, ValueError)

Row = dict[str, Any]  # a verdict as it stands in a part


def unjudged(stage: ImageStage, key: str, ids: pa.Array, verdicts: Verdicts) -> pa.Array:
    """Those of the images that have no verdict under this key yet.

    Raises:
        StoreError: a part is damaged.
    """
    judged = verdicts.read(stage.name, key, ["id"])["id"]
    return ids.filter(pc.invert(pc.is_in(ids, value_set=judged.combine_chunks())))


def run_table_stage(
    stage: TableStage,
    key: str,
    table: pa.Table,
    verdicts: Verdicts,
    keys: Mapping[str, str],
) -> None:
    """Judge all images at once and write one whole generation, unless it is there already.

    Args:
        keys: the keys that count of the stages whose columns it reads, by their names.

    Raises:
        StageError: the stage did not answer with one row per image.
        StoreError: the store cannot be read or written.
    """
    if verdicts.exists(stage.name, key):
        return
    if not table.num_rows:
        verdicts.write(type(stage), key, stage.schema().empty_table())
        return
    for name, columns in stage.reads.items():
        if name in keys:
            table = join(table, verdicts.parts(name, keys[name]), columns)
    judged = stage.judge(table)
    if not judged["id"].combine_chunks().equals(table["id"].combine_chunks()):
        raise StageError(f"{stage.name} did not answer with one row per image, in their order")
    verdicts.write(type(stage), key, judged)


def digest(table: pa.Table) -> str:
    """A hash of everything in a table, however it is cut into chunks (16 hex digits)."""
    digested = _Digested()
    with pa.PythonFile(digested, "w") as sink, pa.ipc.new_stream(sink, table.schema) as stream:
        for start in range(0, table.num_rows, _DIGEST_ROWS):
            stream.write_table(table.slice(start, _DIGEST_ROWS).combine_chunks())
    return digested.hash.hexdigest()[:16]


class _Digested(RawIOBase):
    """A file of which nothing is left but a hash: a million images are 300 MB."""

    def __init__(self) -> None:
        self.hash = sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.hash.update(content)
        return len(content)


class Parts:
    """Verdicts on their way to disk; a part is closed when it is full or old."""

    def __init__(self, verdicts: Verdicts, stage: type[ImageStage], key: str) -> None:
        self._verdicts, self._stage, self._key = verdicts, stage, key
        self._rows: list[Row] = []
        self._opened = time.monotonic()

    def add(self, rows: Sequence[Row]) -> None:
        """Take the verdicts on a batch."""
        self._rows += rows
        if len(self._rows) >= PART_ROWS or time.monotonic() - self._opened >= PART_SECONDS:
            self.close()

    def close(self) -> None:
        """Write what is there; the next verdict opens another part."""
        rows, self._rows, self._opened = self._rows, [], time.monotonic()
        if rows:
            table = pa.Table.from_pylist(rows, schema=self._stage.schema())
            self._verdicts.write(self._stage, self._key, table)


def judge(stage: ImageStage, model: Any, batch: Sequence[tuple[Image, Any]]) -> list[Row]:
    """Verdicts on a batch, in its order, some of whose images could not be prepared.

    Raises:
        StageError: it failed on every image, or did not answer with a verdict for each.
    """
    sound = [(image, value) for image, value in batch if not isinstance(value, Failure)]
    said = iter(_judge_sound(stage, model, sound) if sound else ())
    return [
        _row(image, _failed(stage, value.error) if isinstance(value, Failure) else next(said))
        for image, value in batch
    ]


def _row(image: Image, verdict: Verdict) -> Row:
    row = {"keep": verdict.keep, "reason": verdict.reason, "score": verdict.score}
    return {"id": bytes.fromhex(image.id), **row, **verdict.columns}


def _failed(stage: ImageStage, error: str) -> Verdict:
    columns = {"detail": error} if "detail" in stage.columns.names else {}
    return Verdict(False, stage.failed, columns=columns)


def _judge_sound(stage: ImageStage, model: Any, batch: list[tuple[Image, Any]]) -> list[Verdict]:
    images, values = zip(*batch, strict=True)
    try:
        verdicts = stage.judge(model, images, values)
    except BATCH_ERRORS:
        return _judge_singly(stage, model, batch)
    if len(verdicts) != len(batch):
        raise StageError(f"{stage.name} gave {len(verdicts)} verdicts on {len(batch)} images")
    return verdicts


def _judge_singly(stage: ImageStage, model: Any, batch: list[tuple[Image, Any]]) -> list[Verdict]:
    """Verdicts image by image: one that raises again costs that image, all of them the stage."""
    verdicts = []
    last: Exception | None = None
    for image, value in batch:
        try:
            verdicts += stage.judge(model, [image], [value])
        except BATCH_ERRORS as error:
            last = error
            verdicts.append(_failed(stage, str(error)))
    if last is not None and all(verdict.reason == stage.failed for verdict in verdicts):
        raise StageError(f"{stage.name} failed on {len(batch)} images in a row: {last}") from last
    return verdicts
