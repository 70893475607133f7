"""Whether a label is what a trained judge sees."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from postprocess.models.judges import Judge, Opinion
from postprocess.stage import TableStage


@dataclass(frozen=True)
class Agreement(TableStage):
    """Rejects an image whose label the judge hardly believes, and in which it sees another.

    An image whose label the judge does not know is kept, without a score.
    """

    name: ClassVar[str] = "agreement"
    needs: ClassVar[tuple[str, ...]] = ("label", "trained")
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = (
        "ok",
        "contradicted",  # the judge sees another class than the label's
    )
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "label": ("attributes",),
        "trained": ("seen_classes", "seen_probabilities"),
    }
    columns: ClassVar[pa.Schema] = pa.schema(
        [pa.field("seen_class", pa.string())]  # the most probable; the score: how probable its own
    )

    by: Judge

    def identity(self) -> dict[str, Any]:
        """The judge by the hash of its facts."""
        return {"stage": self.name, "version": self.version, "judge": self.by.sha256}

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row out; needs the columns of `reads`."""
        seen = zip(*(table[name].to_pylist() for name in self.reads["trained"]), strict=True)
        rows = [
            self._verdict(json.loads(text), said)
            for text, said in zip(table["attributes"].to_pylist(), seen, strict=True)
        ]
        named = pa.Table.from_pylist(rows, schema=pa.schema(list(self.schema())[1:]))
        return named.add_column(0, self.schema().field("id"), table["id"])

    def _verdict(self, attributes: dict[str, str], said: Opinion) -> dict[str, Any]:
        classes, probabilities = said
        score = self._support(attributes, dict(zip(classes, probabilities, strict=True)))
        against = (
            score is not None
            and score < self.by.min_support
            and probabilities[0] >= self.by.majority
        )
        return {
            "keep": not against,
            "reason": "contradicted" if against else "ok",
            "score": score,
            "seen_class": classes[0],
        }

    def _support(self, attributes: dict[str, str], said: dict[str, float]) -> float | None:
        """How probable the label is, as a share of how probable it could be; None: unknown."""
        label = self.by.target.shares(attributes)
        known = {name: share for name, share in label.items() if name in self.by.classes}
        if not known:
            return None
        return sum(share * said.get(name, 0.0) for name, share in known.items()) / max(
            known.values()
        )
