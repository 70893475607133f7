"""Everything that is known of one image."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store
from postprocess.dataset import splits
from postprocess.hits.joined import subject_vectors
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.label import Label
from postprocess.verdicts import Verdicts
from postprocess.why.addresses import Address, of_image, of_urls
from postprocess.why.exported import Exported, exported
from postprocess.why.find import Meant
from postprocess.why.judged import KEPT, NOT_JUDGED, REJECTED, Judged, judged


@dataclass(frozen=True)
class File:
    """The stored bytes."""

    path: str
    bytes: int | None  # None: the file is missing
    type: str  # MIME type
    width: int | None  # pixels
    height: int | None


@dataclass(frozen=True)
class Vote:
    """The evidence for one attribute of the label."""

    attribute: str
    value: str
    confidence: float | None
    votes: dict[str, int]  # of every value, where several were named
    settled: str  # what ended the conflict, one of `settling.HOW`; "": there was none


@dataclass(frozen=True)
class Copy:
    """Another image that is the same picture; where this one is kept, its finders vote for it."""

    image: str  # sha256
    addresses: list[Address]


@dataclass(frozen=True)
class Story:
    """From query to verdict; empty where nothing was stored."""

    image: str  # sha256
    verdict: str  # one line
    file: File | None
    addresses: list[Address]
    stages: list[Judged]
    keeper: str  # the image that is kept of its group of copies; "": its copies are not known
    copies: list[Copy]
    label: str
    evidence: list[Vote]
    hits: dict[str, Any] | None  # what the hit counts say of its subject
    split: str  # "": none was drawn
    exported: list[Exported]


def tell_of(store: Store, meant: Meant) -> Story:
    """Gather the story.

    Raises:
        StoreError: the store cannot be read.
    """
    if not meant.image:
        addresses = of_urls(store, meant.urls)
        ends = ", ".join(dict.fromkeys(one.outcome or "not asked yet" for one in addresses))
        verdict = f"never became an image: {ends}"
        return Story("", verdict, None, addresses, [], "", [], "", [], None, "", [])
    stages = judged(Verdicts(store), meant.image)
    label = next((one.columns for one in stages if one.stage == Label.name), {})
    addresses = of_image(store, meant.image)
    keeper, copies = _group(store, stages, meant.image)
    evidence = _evidence(label)
    return Story(
        image=meant.image,
        verdict=_verdict(stages),
        file=_file(store, meant.image),
        addresses=addresses,
        stages=stages,
        keeper=keeper,
        copies=[Copy(copy, of_image(store, copy)) for copy in copies],
        label=label.get("label", ""),
        evidence=evidence,
        hits=subject_vectors(store).of({one.attribute: one.value for one in evidence}),
        split=_split(store, meant.image),
        exported=exported(store, meant.image),
    )


def _verdict(stages: Sequence[Judged]) -> str:
    for one in stages:
        if one.verdict == REJECTED:
            return f"rejected by {one.stage}: {one.reason}"
        if one.verdict == NOT_JUDGED:
            return f"not judged yet by {one.stage}"
    return "kept" if any(one.verdict == KEPT for one in stages) else "not judged yet"


def _file(store: Store, image: str) -> File:
    sql = "select type, width, height from image where outcome = 'stored' and sha256 = ? limit 1"
    row = next(store.rows(sql, (image,)))
    path = store.image_path(image, row["type"])
    size = path.stat().st_size if path.is_file() else None
    return File(str(path), size, row["type"], row["width"], row["height"])


def _group(store: Store, stages: Sequence[Judged], image: str) -> tuple[str, list[str]]:
    """The image that is kept of a group of copies, and all others in it but this one."""
    group = next((one.columns["group"] for one in stages if "group" in one.columns), "")
    if not group:
        return "", []
    verdicts = Verdicts(store)
    (dedupe,) = (one for one in verdicts.current() if one.stage == Dedupe.name)
    rows = verdicts.read(Dedupe.name, dedupe.key, ["id", "group"])
    same = rows.filter(pc.equal(rows["group"], pa.scalar(bytes.fromhex(group), pa.binary(32))))
    members = sorted(id_.hex() for id_ in same["id"].to_pylist())
    return group, [member for member in members if member not in (group, image)]


def _evidence(label: Mapping[str, Any]) -> list[Vote]:
    conflicts = json.loads(label.get("conflicts", "{}"))
    confidence = json.loads(label.get("confidence", "{}"))
    evidence = []
    for name, value in json.loads(label.get("attributes", "{}")).items():
        conflict = conflicts.get(name, {"votes": {}, "settled": ""})
        sure = confidence.get(name)
        evidence.append(Vote(name, value, sure, conflict["votes"], conflict["settled"]))
    return evidence


def _split(store: Store, image: str) -> str:
    table = splits.read(store)
    place = pc.index(table["id"], pa.scalar(bytes.fromhex(image), pa.binary(32))).as_py()
    return str(table["split"][place]) if place >= 0 else ""
