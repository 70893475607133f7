"""Copies of pictures that were taken down, wherever they come from now."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from postprocess.look_alikes import SCHEMA, alike, read_signatures
from postprocess.stage import TableStage


@dataclass(frozen=True)
class TakenDown(TableStage):
    """Rejects what looks like a picture that somebody asked to remove."""

    name: ClassVar[str] = "taken_down"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "taken_down")
    needs: ClassVar[tuple[str, ...]] = ("verify",)
    always: ClassVar[bool] = True
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"verify": tuple(SCHEMA.names[1:])}

    signatures: Path  # see `postprocess.look_alikes`

    def identity(self) -> dict[str, Any]:
        """The signatures by their hash."""
        digest = hashlib.sha256(self.signatures.read_bytes()).hexdigest()
        return {**super().identity(), "signatures": digest}

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row out."""
        keep = ~alike(table, read_signatures(self.signatures))
        columns = {
            "id": table["id"].combine_chunks(),
            "keep": keep,
            "reason": np.where(keep, *self.reasons),
            "score": pa.nulls(table.num_rows, pa.float32()),
        }
        return pa.table(columns, schema=self.schema())
