"""The manifest of a dataset: one CSV row per image."""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from postprocess.dataset.examples import Example
from postprocess.spreadsheet import write_csv

BEFORE = ("path", "split", "label")
AFTER = (
    "sha256",
    "type",
    "width",
    "height",
    "engine",
    "query",
    "page_url",
    "image_url",
    "title",
    "licence",
    "sources",  # how many results led to the image; the columns before describe the first
)


def write_manifest(path: Path, examples: Mapping[str, Example]) -> None:
    """Write the rows of these images (path -> example), sorted by path.

    There is one column per attribute, and one for each thing that says how sure the label is.

    An attribute that bears the name of another column becomes `attribute_<name>`.

    Raises:
        OSError: the file cannot be written.
    """
    attributes = sorted({name for example in examples.values() for name in example.attributes})
    evidence = sorted({name for example in examples.values() for name in example.evidence})
    taken = {*BEFORE, *AFTER, *evidence}
    heads = [f"attribute_{name}" if name in taken else name for name in attributes]
    rows = (_row(name, examples[name], attributes, evidence) for name in sorted(examples))
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, chain([[*BEFORE, *heads, *evidence, *AFTER]], rows))


def _row(path: str, example: Example, attributes: list[str], evidence: list[str]) -> list[object]:
    first = example.source
    return [
        *(path, example.split, example.label),
        *(example.attributes.get(name) for name in attributes),
        *(example.evidence.get(name) for name in evidence),
        *(example.id, example.type, example.width, example.height),
        *(first.engine, first.query_text, first.page_url, first.image_url),
        *(first.title, first.licence, example.found),
    ]
