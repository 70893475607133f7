"""The table of a recipe: combinations of values that belong together, one per row of a CSV file.

Standard library only.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from carscrape.recipe_file import RecipeError, Section, first_repeat


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one value per column; without a file, one combination of nothing."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ((),)

    def distinct(self, names: Collection[str]) -> "Table":
        """The columns of these names, each combination once, in the order of the rows."""
        kept = [index for index, column in enumerate(self.columns) if column in names]
        rows = dict.fromkeys(tuple(row[index] for index in kept) for row in self.rows)
        return Table(tuple(self.columns[index] for index in kept), tuple(rows))

    def values(self, column: str) -> tuple[str, ...]:
        """The distinct values of a column, in the order of the rows."""
        return tuple(row[0] for row in self.distinct({column}).rows)

    def where(self, wanted: Mapping[str, Collection[str]]) -> "Table":
        """The rows whose cells are wanted, in every column that `wanted` names."""
        checks = [
            (index, wanted[column]) for index, column in enumerate(self.columns) if column in wanted
        ]
        rows = (row for row in self.rows if all(row[index] in values for index, values in checks))
        return Table(self.columns, tuple(rows))


def parse_table(content: bytes, source: str) -> Table:
    """The table in a CSV file with a header of attribute names.

    Raises:
        RecipeError: a header, cell or row is missing, repeated or not one line of text.
    """
    lines = _lines(content, source)
    _, header = next(lines, (0, []))
    top = Section(source, "line ", {})
    columns = tuple(top.attribute("1", name.strip()) for name in header)
    if not columns or first_repeat(columns) is not None:
        raise top.wrong("1", f"expected distinct column names, got {header}")
    rows = []
    for number, cells in lines:
        if len(cells) != len(columns):
            raise top.wrong(str(number), f"expected {len(columns)} cells, got {len(cells)}")
        rows.append((number, tuple(top.clean(str(number), cell) for cell in cells)))
    if not rows:
        raise RecipeError(f"{source}: expected at least one row below the header")
    if (twice := first_repeat(", ".join(row) for _, row in rows)) is not None:
        number, row = rows[twice]
        raise top.wrong(str(number), f"{', '.join(row)!r} is there twice")
    return Table(columns, tuple(row for _, row in rows))


def _lines(content: bytes, source: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells of the rows that are not blank."""
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecipeError(f"{source}: not valid CSV in UTF-8: {error}") from error
