"""How the images spread over engines or labels: the largest by name, the rest as one, the sum."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from postprocess.funnel import Share

LISTED = 20
_BOUNDS = (0, 1, 5, 10, 20, 50, 100, 500)


@dataclass(frozen=True)
class Spread:
    """Shares that add up: those that are listed and the rest are the total."""

    listed: Sequence[Share]  # those with the most kept images first
    rest: Share | None  # what was folded; None where all are listed
    folded: int  # how many that were
    total: Share


@dataclass(frozen=True)
class Range:
    """The labels with so many kept images."""

    name: str  # e.g. "5-9"
    labels: int


def spread(shares: Sequence[Share]) -> Spread:
    """Order shares, and fold those that are beyond the first."""
    order = sorted(shares, key=lambda share: (-share.kept, -share.results, share.name))
    listed, others = order[:LISTED], order[LISTED:]
    rest = add_up(others) if others else None
    return Spread(listed, rest, len(others), add_up(shares))


def add_up(shares: Collection[Share]) -> Share:
    """One nameless share that is the sum, with the most frequent reasons first."""
    lost: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for share in shares:
        for stage, reasons in share.lost.items():
            lost[stage].update(reasons)
    return Share(
        name="",
        results=sum(share.results for share in shares),
        urls=sum(share.urls for share in shares),
        stored=sum(share.stored for share in shares),
        kept=sum(share.kept for share in shares),
        lost={stage: dict(reasons.most_common()) for stage, reasons in lost.items()},
    )


def ranges(kept: Collection[int]) -> list[Range]:
    """How many labels have few and many images: from the first range that has one to the last."""
    found = []
    for low, end in zip(_BOUNDS, [*_BOUNDS[1:], None], strict=True):
        within = sum(low <= n and (end is None or n < end) for n in kept)
        found.append(Range(_range_name(low, end), within))
    filled = [place for place, range_ in enumerate(found) if range_.labels]
    return found[filled[0] : filled[-1] + 1] if filled else []


def _range_name(low: int, end: int | None) -> str:
    if end is None:
        return f"{low} or more"
    return str(low) if end == low + 1 else f"{low}–{end - 1}"
