"""Rows of a table as lines of text."""

from collections.abc import Iterator, Sequence


def aligned(rows: Sequence[Sequence[str]], words: int) -> Iterator[str]:
    """One line per row: the first `words` columns are words, the others numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(cells)
        )
