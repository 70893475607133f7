"""Which measure decided on a reason, and the limit it was held against."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from postprocess.likeness import LEAST_LIKENESS
from postprocess.verdicts import Generation

_Measure = Callable[[pa.Table], pa.ChunkedArray]

COLUMNS = (
    *("score", "width", "height", "trailing", "placeholder", "drawing"),
    *("likeness", "rank", "group", "seen", "label", "conflicts", "detail"),
)
"""What measures and evidence read of the verdicts, where a stage has it."""


@dataclass(frozen=True)
class Limit:
    """A measure of images that decides on a reason, and where it cuts."""

    name: str  # "short side"
    unit: str  # "px", or ""
    is_least: bool  # kept from the limit on; else up to it
    measure: _Measure  # of rows of verdicts; null where it is not known
    parameter: str | float  # of the stage, or a limit that is fixed
    value: float = 0.0  # of the parameter, as the verdicts that count were made

    def __str__(self) -> str:
        return f"{self.name} {'at least' if self.is_least else 'at most'} {self.worded(self.value)}"

    def worded(self, value: float) -> str:
        """A value of the measure with its unit."""
        if 0 < value < 0.001:
            return "<\xa00.001"
        text = f"{value:,.0f}" if value == int(value) else f"{value:.3g}"
        return f"{text}\xa0{self.unit}" if self.unit else text


def _column(name: str) -> _Measure:
    return lambda rows: rows[name] if name in rows.column_names else _unknown(rows)


def _short_side(rows: pa.Table) -> pa.ChunkedArray:
    return _of_sides(rows, pc.min_element_wise)


def _aspect(rows: pa.Table) -> pa.ChunkedArray:
    long = _of_sides(rows, pc.max_element_wise).cast(pa.float64())
    return pc.divide(long, _short_side(rows))


def _of_sides(rows: pa.Table, of_both: Callable[..., pa.ChunkedArray]) -> pa.ChunkedArray:
    if "width" not in rows.column_names:
        return _unknown(rows)
    return of_both(rows["width"], rows["height"], skip_nulls=False)


def _unknown(rows: pa.Table) -> pa.ChunkedArray:
    return pa.chunked_array([pa.nulls(rows.num_rows, pa.float64())])


_LIMITS = {
    "verify": {
        "too_small": Limit("short side", "px", True, _short_side, "min_side"),
        "odd_shape": Limit("long side by short side", "", False, _aspect, "max_aspect"),
        "trailing": Limit("after its end", "bytes", False, _column("trailing"), "max_trailing"),
        "single_colour": Limit("share of one colour", "", False, _column("score"), "max_flat"),
        "placeholder": Limit("emptiness", "", False, _column("placeholder"), "max_placeholder"),
        "drawing": Limit("share drawn", "", False, _column("drawing"), "max_drawing"),
    },
    "dedupe": {
        "near_duplicate": Limit("likeness", "", False, _column("likeness"), LEAST_LIKENESS),
    },
    "subject": {
        "no_subject": Limit("rank of the subject", "", False, _column("rank"), "top_k"),
        "low_probability": Limit("probability", "", True, _column("score"), "threshold"),
    },
}


def limit_of(generation: Generation, reason: str) -> Limit | None:
    """The limit behind a reason; None where no one number decides, or the verdicts name none."""
    limit = _LIMITS.get(generation.stage, {}).get(reason)
    if limit is None:
        return None
    parameter = limit.parameter
    value: Any = generation.identity.get(parameter) if isinstance(parameter, str) else parameter
    return replace(limit, value=float(value)) if isinstance(value, int | float) else None
