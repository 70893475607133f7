"""What a spot check has shown, for the page and for the terminal."""

from collections.abc import Iterator
from typing import Any

from postprocess.aligned import aligned
from postprocess.report.page import shown
from postprocess.review.precision import ENOUGH, Estimate, LabelPrecision, Precision
from postprocess.score.wilson import Proportion
from postprocess.visible import visible

_MOST_ROWS = 12  # labels on the page


def as_json(precision: Precision) -> dict[str, Any]:
    """What the page shows; the least precise labels first."""
    rows = sorted(precision.labels, key=lambda row: (row.share.interval[1], row.label))
    return {
        "overall": _gauge("", precision.overall),
        "attributes": [_gauge(name, one) for name, one in precision.attributes.items()],
        "labels": [_gauge(row.label, row.share) for row in rows if row.share.n][:_MOST_ROWS],
        "next": [_row(row) for row in precision.next],
        "unsure": precision.unsure,
        "enough": precision.enough,
        "advice": advice(precision),
    }


def _gauge(name: str, share: Proportion | Estimate) -> dict[str, Any]:
    low, high = share.interval
    middle = share.share
    return {
        "name": shown(name),
        "share": "unknown" if middle is None else f"{100 * middle:.1f}\xa0%",
        "between": f"{100 * low:.1f} to {100 * high:.1f}\xa0%" if share.n else "",
        "n": share.n,
        "low": low,
        "middle": middle,
        "high": high,
    }


def _row(row: LabelPrecision) -> dict[str, Any]:
    return {"name": shown(row.label), "images": row.images, "n": row.images - row.left}


def advice(precision: Precision) -> str:
    """Whether enough has been looked at, in one sentence."""
    points = f"{100 * ENOUGH:g} points"
    if precision.overall.share is None:
        return "Nothing has been judged yet."
    if not precision.enough:
        return f"Not enough yet: about {precision.missing:,} more for ± {points}."
    if precision.overall.half_width > ENOUGH:
        return "Every kept image has been looked at."
    return f"Enough: ± {100 * precision.overall.half_width:.1f} points, within ± {points}."


def summary(precision: Precision) -> str:
    """The whole as lines for a terminal."""
    return "\n".join(map(visible, _lines(precision)))


def _lines(precision: Precision) -> Iterator[str]:
    yield f"right labels ({' '.join(precision.asked)}): {precision.overall}"
    for name, one in precision.attributes.items():
        yield f"  {name} alone: {one}"
    if precision.overall.n:
        yield (
            "  each label weighs as many images as it has; as certain as "
            f"{precision.overall.effective:,.0f} images drawn from all alike"
        )
    if 0 < precision.overall.covered < 1:
        yield f"  labels of {1 - precision.overall.covered:.1%} of the images: unknown, left out"
    yield f"unsure: {precision.unsure:,}, not counted"
    yield advice(precision)
    if precision.next:
        yield f"worth looking at next: {', '.join(row.label for row in precision.next)}"
    yield ""
    yield from _table(precision)


def _table(precision: Precision) -> Iterator[str]:
    seen = [row for row in precision.labels if row.left < row.images]
    rows = [["label", "images", "right", "wrong", "unsure", "precision"]]
    rows += [[row.label, *_numbers(row), str(row.share)] for row in seen]
    if seen:
        yield from aligned(rows, words=1)
    unseen = len(precision.labels) - len(seen)
    if unseen:
        yield f"{unseen:,} labels that nobody has looked at: {Proportion(0, 0)}"


def _numbers(row: LabelPrecision) -> list[str]:
    return [f"{n:,}" for n in (row.images, row.right, row.wrong, row.unsure)]
