"""What the hit counts of a store say of each subject, for whoever labels its images."""

from typing import Any

import pyarrow as pa

from carscrape.store import Store
from postprocess.hits.table import HitTable, SubjectHits, read_hits

_SHARED = ("subject", "vector", "label", "margin", "ambiguous")


def label_vectors(store: Store) -> pa.Table:
    """One row per subject whose hits were asked for, sorted by subject.

    Returns:
        subject: struct of strings, its attributes (make, model); null where it has no such one.
        vector: struct of doubles, term -> share, which sum to 1. A term that nobody counted is
            null; so is the whole vector where there were too few counts for a label.
        label: the term with the largest share; null where that is no more than noise.
        margin: natural logarithm of the largest share over the second; null without two.
        ambiguous: "" or why the name means more than the subject, one of `names.REASONS`.

    Raises:
        HitsError: nobody asked for hit counts.
        StoreError: a ledger cannot be read.
    """
    return to_arrow(read_hits(store)).select(_SHARED)


def to_arrow(table: HitTable) -> pa.Table:
    """The whole table; see `SubjectHits` for what its columns are."""
    return pa.Table.from_pylist([_row(row) for row in table.rows], _schema(table))


def _schema(table: HitTable) -> pa.Schema:
    names = dict.fromkeys(name for row in table.rows for name in row.subject)
    return pa.schema(
        [
            ("subject", pa.struct([(name, pa.string()) for name in names])),
            ("counts", pa.struct([(term, pa.int64()) for term in table.terms])),
            ("largest", pa.string()),
            ("shares", pa.struct([(term, pa.float64()) for term in table.terms])),
            ("vector", pa.struct([(term, pa.float64()) for term in table.terms])),
            ("label", pa.string()),
            ("reason", pa.string()),
            ("margin", pa.float64()),
            ("noise", pa.float64()),
            ("stability", pa.float64()),
            ("ambiguous", pa.string()),
        ]
    )


def _row(row: SubjectHits) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "counts": row.counts,
        "largest": row.largest or None,
        "shares": row.shares or None,
        "vector": row.vector or None,
        "label": row.label or None,
        "reason": row.reason,
        "margin": row.margin,
        "noise": row.noise,
        "stability": row.stability,
        "ambiguous": row.ambiguous,
    }
