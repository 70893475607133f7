"""Web hit counts, one row per subject: its counts, what they say at face value, and soft labels.

`largest` is the term with the largest count and `<term>_share` the counts divided by their sum:
both can be recomputed from the count cells of a row. `<term>_soft` and `label` are what the formula
of `formula.py` makes of every single series; where it gives no label, `reason` says why.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from carscrape.store import Store
from postprocess.hits.accuracy import compare
from postprocess.hits.table import HitTable, SubjectHits, read_hits
from postprocess.hits.vectors import to_arrow
from postprocess.spreadsheet import to_csv
from postprocess.writing import write_aside


def report_hits(store: Store, truth: Path | None = None) -> Iterator[Path | str]:
    """Write the hits' files; yields their paths, and how right they are if the truth is given.

    Raises:
        HitsError: nobody asked for hit counts.
        StoreError: a ledger cannot be read, or a file not be written.
        RecipeError: the store's recipe is damaged.
        TruthError: the truth cannot be read, or knows none of the subjects.
    """
    table = read_hits(store)
    yield from write_hits(store, table)
    if truth:
        yield compare(table, truth)


def write_hits(store: Store, table: HitTable) -> list[Path]:
    """Write report/hits.csv, report/hits.parquet and their picture, report/hits.png.

    Raises:
        WriteError: a file cannot be written.
    """
    from postprocess.hits.picture import draw  # matplotlib takes a second to load

    parquet = io.BytesIO()
    pq.write_table(to_arrow(table), parquet)
    contents = {
        "hits.csv": to_csv(_rows(table)).encode("utf-8"),
        "hits.parquet": parquet.getvalue(),
        "hits.png": draw(table),
    }
    return [write_aside(store.report_dir / name, content) for name, content in contents.items()]


def _rows(table: HitTable) -> list[list[object]]:
    """The header and the rows of the CSV; None where nothing is known."""
    attributes = list(dict.fromkeys(name for row in table.rows for name in row.subject))
    header: list[object] = [
        *attributes,
        *table.terms,
        "largest",
        *(f"{term}_share" for term in table.terms),
        *(f"{term}_soft" for term in table.terms),
        *("label", "reason", "margin", "noise", "stability", "ambiguous", "counted"),
    ]
    return [header, *(_row(row, attributes, table.terms) for row in table.rows)]


def _row(row: SubjectHits, attributes: list[str], terms: tuple[str, ...]) -> list[object]:
    return [
        *(row.subject.get(name) for name in attributes),
        *(row.counts.get(term) for term in terms),
        row.largest,
        *(_rounded(row.shares.get(term)) for term in terms),
        *(_rounded(row.vector.get(term)) for term in terms),
        row.label,
        row.reason,
        *map(_rounded, (row.margin, row.noise, row.stability)),
        row.ambiguous,
        f"{len(row.counts)} of {len(terms)}",
    ]


def _rounded(value: float | None) -> str | None:
    return None if value is None else f"{value:.6f}"
