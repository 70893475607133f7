"""What the hit counts say of an image: the vector of the subject that its label names."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carscrape.store import Store
from postprocess.hits.table import HitsError
from postprocess.hits.vectors import label_vectors

_Names = tuple[str, ...]


@dataclass(frozen=True)
class SubjectVectors:
    """The rows of `label_vectors`, by the attributes of their subjects."""

    terms: tuple[str, ...]  # () where nobody asked for hit counts
    _rows: dict[_Names, dict[tuple[str | None, ...], dict[str, Any]]]

    def of(self, attributes: Mapping[str, str]) -> dict[str, Any] | None:
        """The row of the subject whose attributes are all among these; None where there is none."""
        for names, rows in self._rows.items():
            found = rows.get(tuple(attributes.get(name) for name in names))
            if found:
                return found
        return None


def subject_vectors(store: Store) -> SubjectVectors:
    """Read the vectors of a store, those of subjects that name most first.

    Raises:
        StoreError: a ledger cannot be read.
    """
    try:
        table = label_vectors(store)
    except HitsError:
        return SubjectVectors((), {})
    terms = tuple(field.name for field in table.schema.field("vector").type)
    found: defaultdict[_Names, dict[tuple[str | None, ...], dict[str, Any]]] = defaultdict(dict)
    for row in table.to_pylist():
        subject = {name: value for name, value in row["subject"].items() if value is not None}
        found[tuple(subject)][tuple(subject.values())] = row
    most_first = sorted(found, key=lambda names: (-len(names), names))
    return SubjectVectors(terms, {names: found[names] for names in most_first})
