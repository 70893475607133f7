"""Groups of images that are one picture; for now those of the very same bytes."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from postprocess.stage import TableStage


@dataclass(frozen=True)
class Dedupe(TableStage):
    """Same bytes are one image already, so each image is the keeper of its own group."""

    name: ClassVar[str] = "dedupe"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok",)
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("group", pa.binary(32)),  # the id of the group's keeper
            pa.field("copies", pa.int32()),  # URLs that served these bytes
        ]
    )

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row out; needs the column `copies`."""
        rows = table.num_rows
        columns = {
            "id": table["id"],
            "keep": pa.repeat(True, rows),
            "reason": pa.repeat("ok", rows),
            "score": pa.nulls(rows, pa.float32()),
            "group": table["id"],
            "copies": table["copies"],
        }
        return pa.table(columns, schema=self.schema())
