"""What each image shows, as the queries that found it say."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from postprocess.labels import label_of
from postprocess.stage import TableStage


@dataclass(frozen=True)
class Label(TableStage):
    """Keeps an image if all queries that found it name the same attributes."""

    name: ClassVar[str] = "label"
    version: ClassVar[int] = 1
    # unlabelled: no query that found the image names an attribute
    reasons: ClassVar[tuple[str, ...]] = ("ok", "conflict", "unlabelled")
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("label", pa.string()),  # the attributes' values, "red ford mustang"
            pa.field("attributes", pa.string()),  # a JSON object
            pa.field("votes", pa.int32()),  # results that say so
        ]
    )

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row out; needs the column `attributes`."""
        rows = [_verdict(attributes) for attributes in table["attributes"].to_pylist()]
        named = pa.Table.from_pylist(rows, schema=pa.schema(list(self.schema())[1:]))
        return named.add_column(0, self.schema().field("id"), table["id"])


def _verdict(found: list[str]) -> dict[str, Any]:
    """The verdict on an image from the attributes of every result, each a JSON object.

    Where they disagree the columns show what most results say, or of as many the first.
    """
    votes = Counter(text for text in found if text != "{}")
    if not votes:
        return {"keep": False, "reason": "unlabelled", "votes": 0}
    ((winner, count),) = votes.most_common(1)
    attributes = json.loads(winner)
    # Two recipes may name the same attributes in another order: compare what the texts mean.
    conflict = any(json.loads(text) != attributes for text in votes)
    return {
        "keep": not conflict,
        "reason": "conflict" if conflict else "ok",
        "label": label_of(attributes),
        "attributes": winner,
        "votes": count,
    }
