"""The parts of a dataset's card that tell how it was made and what it is not."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from postprocess.dataset.markdown import escape, table
from postprocess.dataset.provenance import Provenance
from postprocess.exporters.base import Export
from postprocess.report.steps import steps

LIMITS = (
    "A label is what was asked of the engines that found an image, not what a person saw; the "
    "stages reject what plainly contradicts it.",
    "What search engines rank highly is over-represented: new, expensive and Western things, "
    "pictures that sell something.",
    "Copies that were mirrored or cropped hard, and different photos of one thing, are not seen "
    "as duplicates, and may lie in different splits.",
    "A licence is what the engine said, and nobody checked it. People and number plates may be "
    "seen in the pictures.",
)
_SIZES = (("n<1K", 10**3), ("1K<n<10K", 10**4), ("10K<n<100K", 10**5), ("100K<n<1M", 10**6))
_MOST_RUNS = 20
_MOST_QUERIES = 5


def front_matter(export: Export, made: Provenance) -> str:
    """What Hugging Face reads of a card, as YAML."""
    size = next((name for name, most in _SIZES if export.images < most), "1M<n<10M")
    return "\n".join(
        [
            "---",
            f"pretty_name: {json.dumps(made.recipe.name)}",
            f"license: {licence_of(made)}",
            "task_categories:\n- image-classification",
            f"size_categories:\n- {size}",
            "annotations_creators:\n- machine-generated",
            "source_datasets:\n- original",
            "---",
        ]
    )


def licence_of(made: Provenance) -> str:
    """The licence of the whole, in Hugging Face's words: there is not one for all of it."""
    return "other" if made.licences and all(each.name for each in made.licences) else "unknown"


def provenance_sections(made: Provenance) -> Iterator[str]:
    """Headings and paragraphs, in turn."""
    yield "## How it was made"
    yield _making(made)
    yield "## What was found, and what is left"
    yield _funnel(made)
    yield "## Licences"
    yield _licences(made)
    yield "## Known limits"
    yield "\n".join(f"- {limit}" for limit in LIMITS)
    yield "## Removal"
    yield removal(made)
    if made.manifest:
        yield "## Integrity"
        name, digest = made.manifest
        yield f"`{name}` has the sha256 `{digest}`, and names the sha256 of every image."


def removal(made: Provenance) -> str:
    """How to have an image removed, and what was."""
    taken = (
        f"Images removed so far because somebody asked: {made.taken_down:,}. `takedowns.jsonl` "
        "lists their sha256: delete them from every copy."
        if made.taken_down
        else "Nobody has asked so far."
    )
    return (
        "Who wants a picture removed tells the publisher of this dataset its URL, its page, its "
        "host or its sha256. The publisher runs `python -m postprocess takedown`, which removes "
        f"it everywhere, makes this dataset anew, and keeps it from coming back. {taken}"
    )


def _making(made: Provenance) -> str:
    recipe = made.recipe
    phrases = ", ".join(escape(phrase) for phrase in recipe.phrases)
    some = ", ".join(escape(query) for query in made.queries[:_MOST_QUERIES])
    more = "" if len(made.queries) <= _MOST_QUERIES else ", …"
    found = f"{len(made.queries):,} queries found the images: {some}{more}."
    rows = [
        [day(run.started), run.spider, _pairs(run.arguments), _pairs(run.versions)]
        for run in made.runs[-_MOST_RUNS:]
    ]
    text = f"Recipe {escape(recipe.name)}, phrases: {phrases}. {found}"
    return f"{text}\n\n{table(['day', 'run', 'arguments', 'versions'], rows)}"


def day(time: float) -> str:
    """A Unix time as a date (UTC)."""
    return datetime.fromtimestamp(time, UTC).date().isoformat()


def _pairs(values: dict[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _funnel(made: Provenance) -> str:
    rows: list[list[object]] = []
    for step in steps(made.funnel):
        losses = ", ".join(f"{loss.title} {loss.count:,}" for loss in step.losses)
        rows.append([step.title, step.what, step.count, "did not run" if step.skipped else losses])
    return table(["step", "what", "left", "lost"], rows)


def _licences(made: Provenance) -> str:
    images = sum(each.images for each in made.licences)
    with_url = sum(each.with_url for each in made.licences)
    rows = [[each.name or "none named", each.images, each.with_url] for each in made.licences]
    said = (
        f"{_percent(with_url, images)} of the images come with the URL of a licence, as the engine "
        "that found them states it; the rest may be used as the law allows without one."
    )
    return f"{said}\n\n{table(['licence', 'images', 'with its URL'], rows)}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"
