"""Which images show best whether a stage draws its lines in the right place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postprocess.report.limits import COLUMNS, Limit, limit_of
from postprocess.verdicts import Generation, Step, Verdicts

NEAREST = 4  # images on each side of a limit
BY_LOT = 4  # rejected ones besides, from anywhere

Row = Mapping[str, Any]  # of the verdict on one image


@dataclass(frozen=True)
class Picks:
    """Images that a stage rejected for one reason, and those that it just kept."""

    limit: Limit | None
    rejected: Sequence[Row]  # the nearest to the limit first
    kept: Sequence[Row]  # the same; [] where no number decides
    of: int  # images rejected for this reason


def pick(
    verdicts: Verdicts, generations: Sequence[Generation], ids: pa.Array
) -> Iterator[tuple[Step, dict[str, Picks]]]:
    """For each stage that ran on these images, a few images for each reason that it gave.

    Raises:
        StoreError: a part of the verdicts is damaged.
    """
    ran = [generation for generation in generations if not generation.skipped]
    for generation, step in zip(ran, verdicts.walk(ids, ran, COLUMNS), strict=True):
        kept = step.rows.filter(step.rows["keep"])
        reasons = step.rejected["reason"].unique().to_pylist()
        yield step, {name: _picks(generation, step.rows, kept, name) for name in reasons}


def by_lot(rows: pa.Table) -> pa.Table:
    """The rows in an order that is as good as chance and always the same: ids are hashes."""
    return rows.take(pc.sort_indices(rows["id"]))


def _picks(generation: Generation, rows: pa.Table, kept: pa.Table, reason: str) -> Picks:
    rejected = rows.filter(pc.and_(pc.invert(rows["keep"]), pc.equal(rows["reason"], reason)))
    lots, number = by_lot(rejected), rejected.num_rows
    limit = limit_of(generation, reason)
    if limit is None:
        return Picks(None, lots.slice(0, NEAREST + BY_LOT).to_pylist(), [], number)
    nearest_first = np.argsort(_distances(lots, limit), kind="stable")
    some = np.union1d(nearest_first[:NEAREST], np.arange(min(NEAREST + BY_LOT, number)))
    shown = nearest_first[np.isin(nearest_first, some)][: NEAREST + BY_LOT]
    return Picks(limit, _valued(lots.take(shown), limit), _just_kept(kept, limit), number)


def _just_kept(kept: pa.Table, limit: Limit) -> list[Row]:
    """The kept images nearest to a limit."""
    lots = by_lot(kept.filter(pc.is_valid(limit.measure(kept))))
    nearest = np.argsort(_distances(lots, limit), kind="stable")[:NEAREST]
    return _valued(lots.take(nearest), limit)


def _distances(rows: pa.Table, limit: Limit) -> npt.NDArray[np.float64]:
    """How far each is from the limit; nan, which sorts last, where it was not measured."""
    value: npt.NDArray[np.float64] = limit.measure(rows).cast(pa.float64()).to_numpy()
    return np.abs(value - limit.value)


def _valued(rows: pa.Table, limit: Limit) -> list[Row]:
    """The rows with their measure as `value`."""
    values = limit.measure(rows).to_pylist()
    return [row | {"value": value} for row, value in zip(rows.to_pylist(), values, strict=True)]
