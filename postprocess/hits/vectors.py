"""What the hit counts of a store say of each subject, for whoever labels its images."""

from typing import Any

import pyarrow as pa

from carscrape.store import Store
from postprocess.hits.table import HitTable, SubjectHits, read_hits


def label_vectors(store: Store) -> pa.Table:
    """One row per subject whose hits were asked for, sorted by subject.

    Returns:
        subject: struct of strings, its attributes (make, model); null where it has no such one.
        vector: struct of doubles, term -> share, which sum to 1. A term that nobody counted is
            null; so is the whole vector where there were too few counts for a label.
        label: the term with the largest share; null where that is no more than noise.
        margin: natural logarithm of the largest share over the second; null without two.
        ambiguous: "" or why the name means more than the subject: a closed vocabulary.

    Raises:
        HitsError: nobody asked for hit counts.
        StoreError: a ledger cannot be read.
    """
    table = read_hits(store)
    return pa.Table.from_pylist([_row(row) for row in table.rows], _schema(table))


def _schema(table: HitTable) -> pa.Schema:
    names = dict.fromkeys(name for row in table.rows for name in row.subject)
    return pa.schema(
        [
            ("subject", pa.struct([(name, pa.string()) for name in names])),
            ("vector", pa.struct([(term, pa.float64()) for term in table.terms])),
            ("label", pa.string()),
            ("margin", pa.float64()),
            ("ambiguous", pa.string()),
        ]
    )


def _row(row: SubjectHits) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "vector": row.shares or None,
        "label": row.label or None,
        "margin": None,
        "ambiguous": "",
    }
