"""What a stage measured in an image, in a few words."""

import json

from postprocess.report.limits import Limit
from postprocess.report.picks import Row


def evidence(row: Row, limit: Limit | None) -> str:
    """The measure that decided, or what else the verdict says of the image; "" if nothing."""
    if limit is not None and row.get("value") is not None:
        return limit.worded(row["value"])
    if row["reason"] == "wrong_colour":
        return f"seen: {row.get('seen') or 'no colour'}"
    if row.get("conflicts"):
        return "; ".join(_conflict(*item) for item in json.loads(row["conflicts"]).items())
    if row.get("detail"):
        return str(row["detail"])
    return "" if row.get("score") is None else f"score {row['score']:.2f}"


def _conflict(attribute: str, conflict: dict[str, dict[str, int]]) -> str:
    votes = sorted(conflict["votes"].items(), key=lambda vote: -vote[1])
    return f"{attribute}: " + ", ".join(f"{value} {number}" for value, number in votes)
