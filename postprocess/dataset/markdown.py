"""Text of strangers in Markdown, and tables."""

import re
from collections.abc import Sequence

from postprocess.visible import visible

_MARKS = re.compile(r"([\\`*_{}\[\]|~!#@]|(?<=:)/(?=/)|(?<=www)\.)", re.IGNORECASE)
"""What Markdown reads as more than itself; GitHub makes links of addresses, too."""


def escape(text: str) -> str:
    """The text as itself, on one line, fit for a cell of a table."""
    plain = visible(" ".join(text.split()))
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKS.sub(r"\\\1", plain)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; texts are escaped, and whole numbers stand to the right."""
    whole = [all(isinstance(row[column], int) for row in rows) for column in range(len(head))]
    rule = ["---:" if right else "---" for right in whole]
    return "\n".join(map(_line, [head, rule, *([_cell(value) for value in row] for row in rows)]))


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
