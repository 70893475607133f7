"""The manifest of a dataset: one CSV row per image."""

from collections.abc import Mapping

from postprocess.examples import Example
from postprocess.spreadsheet import to_csv

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


def manifest(examples: Mapping[str, Example]) -> str:
    """The rows of these images (path -> example), sorted by path, one column per attribute.

    An attribute that bears the name of another column becomes `attribute_<name>`.
    """
    attributes = sorted({name for example in examples.values() for name in example.attributes})
    taken = BEFORE + AFTER
    heads = [f"attribute_{name}" if name in taken else name for name in attributes]
    rows = [_row(path, examples[path], attributes) for path in sorted(examples)]
    return to_csv([[*BEFORE, *heads, *AFTER], *rows])


def _row(path: str, example: Example, attributes: list[str]) -> list[object]:
    first = example.source
    return [
        *(path, example.split, example.label),
        *(example.attributes.get(name) for name in attributes),
        *(example.id, example.type, example.width, example.height),
        *(first.engine, first.query_text, first.page_url, first.image_url),
        *(first.title, first.licence, example.found),
    ]
