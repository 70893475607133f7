"""CSV that a spreadsheet shows and never runs."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # full-width signs too
_LARGEST_CELL = 2**30  # characters; Python's own limit is 131,072


def to_csv(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV; see `write_csv`."""
    text = io.StringIO(newline="")
    write_csv(text, rows)
    return text.getvalue()


def write_csv(file: TextIO, rows: Iterable[Sequence[object]]) -> None:
    """Write rows; None is an empty cell, and a cell that begins like a formula gets a "'".

    So does one that begins like that behind a "'", so that `read_csv` gives back what was written.
    """
    writer = csv.writer(file)  # its lines end in CR LF, so that it quotes cells with either
    writer.writerows(map(_cell, row) for row in rows)


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file that `write_csv` wrote, by the names in its first row.

    Raises:
        OSError, UnicodeDecodeError, csv.Error: it cannot be read.
    """
    csv.field_size_limit(_LARGEST_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        names = [_text(cell) for cell in next(rows, [])]
        for row in rows:
            yield dict(zip(names, map(_text, row), strict=True))


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def _text(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
