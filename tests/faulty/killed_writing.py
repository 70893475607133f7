"""`killed_writing=STAGE:KIND:N`: postprocess is killed (-9) at the N-th write of a kind, from 1 on.

KIND is one of:

    judged   a batch of the stage's verdicts is still in memory
    torn     half of a part is written
    written  a part is written, under its temporary name
    named    a part has its name

For STAGE `current` the file is current.json, and the kinds are `written` and `named`. A part holds
one batch here, so that a small store has several.
"""

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from postprocess import runner


def install(argument: str) -> None:
    point, _, number = argument.rpartition(":")
    seen: Counter[str] = Counter()

    def reached(stage: str, kind: str) -> bool:
        seen[f"{stage}:{kind}"] += 1
        return f"{stage}:{kind}" == point and seen[point] == int(number)

    runner.PART_ROWS = 1
    _tear(reached)
    _die_between(reached)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _tear(reached: Any) -> None:
    write_table = pq.write_table

    def tearing(table: Any, file: Any, **options: Any) -> None:
        write_table(table, file, **options)
        if reached(Path(file.name).parent.parent.name, "torn"):
            file.flush()
            os.truncate(file.fileno(), file.tell() // 2)
            die()

    pq.write_table = tearing


def _die_between(reached: Any) -> None:
    add, replace = runner.Parts.add, Path.replace

    def adding(parts: Any, *batch: Any) -> None:
        if reached(parts._stage.name, "judged"):
            die()
        add(parts, *batch)

    def renaming(path: Path, target: Path) -> Path:
        part = target.name.startswith("part-")
        stage = target.parent.parent.name if part else target.stem
        if reached(stage, "written"):
            die()
        renamed = replace(path, target)
        if reached(stage, "named"):
            die()
        return renamed

    runner.Parts.add, Path.replace = adding, renaming
