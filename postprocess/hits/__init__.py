"""Web hit counts, one row per subject: its counts, the largest as label, and the label vector.

The label is the term with the largest count and the vector is the counts divided by their sum.
Nothing else is done to them: both can be recomputed from the count cells of a row. A label from
fewer counts than there are terms is weaker evidence; the column `counted` says so.
"""

from pathlib import Path

from carscrape.store import Store
from postprocess.hits.table import HitTable, SubjectHits, read_hits
from postprocess.spreadsheet import to_csv
from postprocess.writing import write_aside


def write_hits(store: Store) -> list[Path]:
    """Write report/hits.csv and its picture, report/hits.png.

    Raises:
        HitsError: nobody asked for hit counts.
        StoreError: a ledger cannot be read, or a file not be written.
        RecipeError: the store's recipe is damaged.
    """
    from postprocess.hits.picture import draw  # matplotlib takes a second to load

    table = read_hits(store)
    return [
        write_aside(store.report_dir / "hits.csv", to_csv(_rows(table)).encode("utf-8")),
        write_aside(store.report_dir / "hits.png", draw(table)),
    ]


def _rows(table: HitTable) -> list[list[object]]:
    """The header and the rows of the CSV; None where nothing is known."""
    attributes = list(dict.fromkeys(name for row in table.rows for name in row.subject))
    header: list[object] = [
        *attributes,
        *table.terms,
        "label",
        *(f"{term}_share" for term in table.terms),
        "counted",
    ]
    return [header, *(_row(row, attributes, table.terms) for row in table.rows)]


def _row(row: SubjectHits, attributes: list[str], terms: tuple[str, ...]) -> list[object]:
    shares = {term: f"{share:.6f}" for term, share in row.shares.items()}
    return [
        *(row.subject.get(name) for name in attributes),
        *(row.counts.get(term) for term in terms),
        row.label,
        *(shares.get(term) for term in terms),
        f"{len(row.counts)} of {len(terms)}",
    ]
