"""How sure each label is, as columns of a dataset; the hit counts of its subject beside it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from carscrape.store import Store
from postprocess.hits.joined import SubjectVectors, subject_vectors

_DIGITS = 6  # after the point


def with_evidence(store: Store, kept: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put `evidence` to rows of `kept_images`: the names of columns, and this image's values.

    These are `confidence_<attribute>`, and where hits were counted, `hits_<term>` (its share),
    `hits_label` and `hits_margin`; None: nothing is known.

    Raises:
        StoreError: a ledger cannot be read.
    """
    vectors = subject_vectors(store)
    return [{**row, "evidence": dict(_columns(row, vectors))} for row in kept]


def _columns(row: dict[str, Any], vectors: SubjectVectors) -> Iterator[tuple[str, Any]]:
    for name, confidence in json.loads(row["confidence"]).items():
        yield f"confidence_{name}", confidence
    if vectors.terms:
        known = vectors.of(json.loads(row["attributes"])) or {}
        shares = known.get("vector") or {}
        for term in vectors.terms:
            yield f"hits_{term}", _rounded(shares.get(term))
        yield "hits_label", known.get("label")
        yield "hits_margin", _rounded(known.get("margin"))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, _DIGITS)
