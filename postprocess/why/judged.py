"""What every stage said of an image, and against what it was measured."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from postprocess.stage import BASE_SCHEMA
from postprocess.verdicts import Generation, Verdicts, read_part

KEPT, REJECTED, NOT_JUDGED = "kept", "rejected", "not judged"
NOT_REACHED, SKIPPED = "not reached", "skipped"
_NOT_PARAMETERS = ("stage", "version", "upstream", "input")
_SHORT = 64  # bytes of a column that are shown as digits


@dataclass(frozen=True)
class Judged:
    """What one stage said."""

    stage: str
    verdict: str
    reason: str
    score: float | None
    columns: dict[str, Any]  # its own; bytes as hex digits, long ones left out
    parameters: dict[str, Any]  # with which it judged, thresholds among them
    remark: str  # why it did not run, or not again


def judged(verdicts: Verdicts, sha256: str) -> list[Judged]:
    """The stages in their order; those after the one that rejected the image were not reached."""
    return list(_judged(verdicts, bytes.fromhex(sha256)))


def _judged(verdicts: Verdicts, id_: bytes) -> Iterator[Judged]:
    alive = True
    for generation in verdicts.current():
        row = None
        if generation.skipped:
            verdict = SKIPPED
        elif not alive:
            verdict = NOT_REACHED
        else:
            row = _row(verdicts, generation, id_)
            verdict = NOT_JUDGED if row is None else KEPT if row["keep"] else REJECTED
            alive = verdict == KEPT
        yield _said(generation, verdict, row or {})


def _row(verdicts: Verdicts, generation: Generation, id_: bytes) -> dict[str, Any] | None:
    for path in verdicts.parts(generation.stage, generation.key):
        ids = read_part(path, ["id"])["id"]
        place = pc.index(ids, pa.scalar(id_, ids.type)).as_py()
        if place >= 0:
            (row,) = read_part(path, None).slice(place, 1).to_pylist()
            return dict(row)
    return None


def _said(generation: Generation, verdict: str, row: dict[str, Any]) -> Judged:
    given = generation.identity.items()
    return Judged(
        stage=generation.stage,
        verdict=verdict,
        reason=row.get("reason", ""),
        score=row.get("score"),
        columns=dict(_shown(row)),
        parameters={name: value for name, value in given if name not in _NOT_PARAMETERS},
        remark=generation.skipped or generation.failed,
    )


def _shown(row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name not in BASE_SCHEMA.names and value is not None:
            if not isinstance(value, bytes):
                yield name, value
            elif len(value) <= _SHORT:
                yield name, value.hex()
