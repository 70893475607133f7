"""Groups of images that are one picture: resized, compressed again, framed, marked, cropped.

Equal bytes are one image already. Pictures that are mirrored, or whose colours changed to be seen,
stay apart: a colour is part of a label.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postprocess.colour_bounds import ColourBounds
from postprocess.groups import Groups, group
from postprocess.joining import Rows
from postprocess.likeness import Likeness, likeness
from postprocess.stage import TableStage

_BEST_FIRST = [
    ("pixels", "descending"),
    ("bytes_per_pixel", "descending"),
    ("rank", "ascending"),
    ("id", "ascending"),
]


@dataclass(frozen=True)
class Dedupe(TableStage):
    """Keeps the best image of each group, and names it in the verdicts on the others."""

    name: ClassVar[str] = "dedupe"
    version: ClassVar[int] = 4
    reasons: ClassVar[tuple[str, ...]] = ("ok", "near_duplicate")
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("group", pa.binary(32)),  # the id of the group's keeper
            pa.field("copies", pa.int32()),  # URLs that served these bytes
            pa.field("distance", pa.uint8()),  # bits between its hashes and the keeper's; keeper: 0
            pa.field("likeness", pa.float32()),  # to the keeper, at most 1; null for the keeper
        ]
    )
    needs: ClassVar[tuple[str, ...]] = ("verify",)
    keeper: ClassVar[str] = "group"
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "verify": ("width", "height", "bytes", "hash", "hash_crop", "thumb", "chroma", "look")
    }

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row out; needs `copies` and `rank`, too."""
        order = _best_first(table)
        hashes, crops = (
            table[name].to_numpy().astype(np.uint64)[order] for name in ("hash", "hash_crop")
        )
        groups = group(hashes, crops, _Looks(table, order))
        return pa.table(self._rows(table, order, groups), schema=self.schema())

    def _rows(
        self, table: pa.Table, order: npt.NDArray[np.int64], groups: Groups
    ) -> dict[str, Any]:
        place = np.argsort(order)  # of each row of the table among the best
        keeper = order[groups.keeper][place]
        keep = keeper == np.arange(table.num_rows)
        ids = table["id"].combine_chunks()
        return {
            "id": ids,
            "keep": keep,
            "reason": np.where(keep, *self.reasons),
            "score": pa.nulls(table.num_rows, pa.float32()),
            "group": ids.take(pa.array(keeper)),
            "copies": table["copies"],
            "distance": groups.distance[place],
            "likeness": pa.array(groups.score[place], mask=keep),
        }


class _Looks:
    """Compares rows by what verify stored of them."""

    def __init__(self, table: pa.Table, order: npt.NDArray[np.int64]) -> None:
        self._rows = Rows(table.select(["thumb", "chroma", "look"]))
        self._order = order
        small = Rows(table.select(["thumb", "chroma"]))
        self._colours = ColourBounds(table.num_rows, small.take)

    def __call__(self, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> Likeness:
        one, other = self._order[one], self._order[other]
        (open_,) = self._colours.may_match(one, other).nonzero()
        said = likeness(*(self._rows.take(side[open_]) for side in (one, other)))
        found = Likeness(np.zeros(len(one), bool), np.zeros(len(one), np.float32))
        found.same[open_], found.score[open_] = said.same, said.score
        return found


def _best_first(table: pa.Table) -> npt.NDArray[np.int64]:
    """The order in which images are to be kept: no two are equal in it."""
    pixels = pc.multiply(table["width"].cast(pa.int64()), table["height"].cast(pa.int64()))
    columns = {
        "pixels": pixels,
        "bytes_per_pixel": pc.divide(table["bytes"].cast(pa.float64()), pixels),
        "rank": table["rank"],
        "id": table["id"],
    }
    order: npt.NDArray[np.int64] = (
        pc.sort_indices(pa.table(columns), sort_keys=_BEST_FIRST).to_numpy().astype(np.int64)
    )
    return order
