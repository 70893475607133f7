"""Verdicts for small stores, written as the runner writes them, with no stage run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from carscrape.store import Store
from postprocess.labels import label_of, sources
from postprocess.stage import Stage
from postprocess.verdicts import Generation, Verdicts


@dataclass(frozen=True)
class Verify(Stage):
    name: ClassVar[str] = "verify"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "too_small")


@dataclass(frozen=True)
class Dedupe(Stage):
    name: ClassVar[str] = "dedupe"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "near_duplicate")
    columns: ClassVar[pa.Schema] = pa.schema([("group", pa.binary(32)), ("copies", pa.int32())])


@dataclass(frozen=True)
class Label(Stage):
    name: ClassVar[str] = "label"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "conflict")
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            ("label", pa.string()),
            ("attributes", pa.string()),
            ("votes", pa.int32()),
            ("confidence", pa.string()),
        ]
    )


STAGES = (Verify, Dedupe, Label)
KEY = "0123456789abcdef"


def judge(
    store: Store,
    rejected: Mapping[str, tuple[str, str]] | None = None,
    groups: Mapping[str, str] | None = None,
) -> None:
    """Write the verdicts of all stages: every image is kept, but for those rejected.

    Args:
        rejected: sha256 -> the stage that rejects it, and its reason.
        groups: sha256 -> sha256 its dedupe group is named after; its own where it is not named.
    """
    verdicts = Verdicts(store)
    entering = list(store.images())
    found = sources(store)
    for stage in STAGES:
        rows = []
        for sha256 in entering:
            by, reason = (rejected or {}).get(sha256, ("", ""))
            reason = reason if by == stage.name else "ok"
            attributes = found[sha256][0].attributes
            own = {
                "group": bytes.fromhex((groups or {}).get(sha256, sha256)),
                "copies": 1,
                "label": label_of(attributes),
                "attributes": json.dumps(attributes),
                "votes": len(found[sha256]),
                "confidence": json.dumps(dict.fromkeys(attributes, 0.75)),
            }
            base = {"id": bytes.fromhex(sha256), "keep": reason == "ok", "reason": reason}
            rows.append(base | {name: own[name] for name in stage.columns.names})
        entering = [row["id"].hex() for row in rows if row["keep"]]
        verdicts.write(stage, KEY, pa.Table.from_pylist(rows, schema=stage.schema()))
    verdicts.set_current([Generation(s.name, KEY, s().identity(), s.reasons) for s in STAGES])
