"""How the kept images spread over the labels."""

from collections.abc import Sequence
from dataclasses import dataclass

from postprocess.funnel import Share

ENDS = 10  # labels shown with the most and with the fewest images
MOST = 1000  # labels listed at all
_BOUNDS = (0, 1, 5, 10, 20, 50, 100, 500)


@dataclass(frozen=True)
class Range:
    """The labels with so many kept images."""

    name: str  # e.g. "5-9"
    labels: int


@dataclass(frozen=True)
class Spread:
    """The labels, those with the most kept images first."""

    most: Sequence[Share]
    fewest: Sequence[Share]  # [] where `most` shows them all
    listed: Sequence[Share]  # up to `MOST`; [] where `most` and `fewest` show them all
    total: int
    ranges: tuple[Range, ...]


def spread(labels: Sequence[Share]) -> Spread:
    """Order the labels, and count those with few and with many images."""
    order = sorted(labels, key=lambda share: (-share.kept, share.name))
    few = len(order) <= 2 * ENDS
    return Spread(
        most=order if few else order[:ENDS],
        fewest=[] if few else order[-ENDS:],
        listed=[] if few else order[:MOST],
        total=len(order),
        ranges=_ranges([share.kept for share in labels]),
    )


def _ranges(kept: Sequence[int]) -> tuple[Range, ...]:
    """From the first range that has a label to the last."""
    ranges = []
    for low, end in zip(_BOUNDS, [*_BOUNDS[1:], None], strict=True):
        within = sum(low <= n and (end is None or n < end) for n in kept)
        ranges.append(Range(_range_name(low, end), within))
    filled = [place for place, range_ in enumerate(ranges) if range_.labels]
    return tuple(ranges[filled[0] : filled[-1] + 1]) if filled else ()


def _range_name(low: int, end: int | None) -> str:
    if end is None:
        return f"{low} or more"
    return str(low) if end == low + 1 else f"{low}–{end - 1}"
