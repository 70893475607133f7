"""The README.md of a dataset: what is in it, how it was made, how to load it."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from postprocess.dataset.card_provenance import front_matter, provenance_sections
from postprocess.dataset.examples import Example
from postprocess.dataset.markdown import escape, table
from postprocess.dataset.provenance import Provenance
from postprocess.dataset.splits import PER_MILLE
from postprocess.exporters.base import FEW, Export
from postprocess.verdicts import Generation

_NOT_READ_BY_KERAS = ("image/avif", "image/webp")


def dataset_card(
    export: Export,
    examples: Sequence[Example],
    stages: Sequence[Generation],
    made: Provenance | None = None,
) -> str:
    """The card as Markdown; it depends on the data alone, so the same data has the same card."""
    parts = [
        f"# {export.images:,} labelled images",
        _origin(examples),
        "## Loading",
        _loading(export, examples),
        "## Splits",
        _splits(export),
        "## Labels",
        _labels(export),
        "## How the images were chosen",
        _stages(stages),
    ]
    if made:
        parts = [front_matter(export, made), *parts, *provenance_sections(made)]
    return "\n\n".join(parts) + "\n"


def _origin(examples: Sequence[Example]) -> str:
    days = [example.fetched_at for example in examples if example.fetched_at is not None]
    when = f" between {_day(min(days))} and {_day(max(days))} (UTC)" if days else ""
    engines = ", ".join(sorted({escape(example.source.engine) for example in examples}))
    return (
        f"Found by {engines} and fetched{when}. Each image is named by the sha256 of the bytes "
        "that were served. The manifest has one row per image: its label and attributes, where it "
        "was found, and the licence where the engine named one. The images belong to their owners."
    )


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()


def _loading(export: Export, examples: Sequence[Example]) -> str:
    types = Counter(example.type for example in examples)
    skipped = sum(types[type_] for type_ in _NOT_READ_BY_KERAS)
    notes = [f"Keras skips images in WebP and AVIF: {skipped:,}."] if skipped else []
    return "\n\n".join([export.loading, *notes])


def _splits(export: Export) -> str:
    shares = ", ".join(
        f"{split} {share / 10:g} % ({export.total(split):,} images)"
        for split, share in PER_MILLE.items()
    )
    left_out = (
        f" Left out, because their duplicates lie in two splits: {export.left_out:,}."
        if export.left_out
        else ""
    )
    return (
        f"Drawn with seed {export.seed}: {shares}. Duplicates always share a split. The store "
        "remembers every draw, so a dataset exported after more images were found moves none "
        f"from one split to another.{left_out}"
    )


def _labels(export: Export) -> str:
    rows = [[label, *by_split.values()] for label, by_split in export.counts.items()]
    few = (
        f"\n\nLabels with under {FEW} images, or none in a split, too few to learn or to measure: "
        f"{len(export.few):,}."
        if export.few
        else ""
    )
    return table(["label", *PER_MILLE], rows) + few


def _stages(stages: Sequence[Generation]) -> str:
    return "\n".join(_stage(stage) for stage in stages)


def _stage(stage: Generation) -> str:
    if stage.skipped:
        return f"- **{stage.stage}** did not run: {escape(stage.skipped)}"
    line = f"- **{stage.stage}** `{json.dumps(stage.identity, sort_keys=True, default=str)}`"
    if stage.identity.get("backbone") == "demo":
        line += (
            "\n  (the demo model, trained on drawn pictures: right for trying things out, "
            "not for photos)"
        )
    return line
