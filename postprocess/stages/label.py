"""What each image shows, as the queries that found it say."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from postprocess.colours import agrees
from postprocess.labels import label_of
from postprocess.stage import TableStage


@dataclass(frozen=True)
class Label(TableStage):
    """Keeps an image if all queries that found it name the same attributes, its colour's too."""

    name: ClassVar[str] = "label"
    version: ClassVar[int] = 2
    reasons: ClassVar[tuple[str, ...]] = (
        "ok",
        "conflict",
        "unlabelled",  # no query that found the image names an attribute
        "wrong_colour",  # the colour asked for is not the one that `colour` saw
    )
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"colour": ("seen", "possible")}
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("label", pa.string()),  # the attributes' values, "red ford mustang"
            pa.field("attributes", pa.string()),  # a JSON object
            pa.field("votes", pa.int32()),  # results that say so
            pa.field("colour", pa.string()),  # what `agrees` said of it; null: not asked for
        ]
    )

    colour: str = ""  # the attribute that is a colour; "" for none

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row out; needs the column `attributes`."""
        rows = [_verdict(attributes) for attributes in table["attributes"].to_pylist()]
        if self.colour and "seen" in table.column_names:
            paints = table.select(["seen", "possible"]).to_pylist()
            for row, paint in zip(rows, paints, strict=True):
                self._compare(row, paint["seen"], paint["possible"])
        named = pa.Table.from_pylist(rows, schema=pa.schema(list(self.schema())[1:]))
        return named.add_column(0, self.schema().field("id"), table["id"])

    def _compare(self, row: dict[str, Any], seen: str | None, possible: list[str] | None) -> None:
        """Write into a verdict whether its colour is the one that was seen; reject it if not."""
        asked = json.loads(row.get("attributes", "{}")).get(self.colour)
        if not row["keep"] or asked is None:
            return
        row["colour"] = agrees(asked, seen, possible)
        if row["colour"] == "reject":
            row.update(keep=False, reason="wrong_colour")


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
