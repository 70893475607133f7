"""How often the hit counts are right, where the types of the subjects are known.

The accuracy is over subjects; the mean accuracy per type counts every type alike, so that it does
not pay to call everything a car.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from postprocess.hits.table import HitTable, SubjectHits
from postprocess.score.wilson import Proportion
from postprocess.tsv import TruthError, open_tsv

TYPES = "types"  # the column of the truth: "suv:18,car:5", the number of witnesses behind each

Labelled = tuple[str, str]  # the right type and the label, which is "" for none


@dataclass(frozen=True)
class Accuracy:
    """One way to label against the truth."""

    way: str
    labels: tuple[Labelled, ...]  # of every subject whose type is known
    types: tuple[str, ...]

    @property
    def labelled(self) -> Proportion:
        """How many have a label at all."""
        return Proportion(sum(bool(label) for _, label in self.labels), len(self.labels))

    @property
    def right(self) -> Proportion:
        """How many of those that have a label have the right one."""
        return _right(self.labels)

    def of_type(self, name: str) -> Proportion:
        """As `right`, of the subjects of one type."""
        return _right([(true, label) for true, label in self.labels if true == name])

    @property
    def mean_per_type(self) -> float | None:
        """The mean over the types that got labels; None where none did."""
        shares = [self.of_type(name).share for name in self.types]
        known = [share for share in shares if share is not None]
        return fmean(known) if known else None


def _right(labels: Sequence[Labelled]) -> Proportion:
    given = [(true, label) for true, label in labels if label]
    return Proportion(sum(true == label for true, label in given), len(given))


def accuracies(rows: Sequence[SubjectHits], types: Sequence[str]) -> list[Accuracy]:
    """The largest count, the corrected vector, and the labels that are left when it abstains.

    Args:
        types: the right one of each row, "" where nobody knows it.
    """
    pairs = [(row, true) for row, true in zip(rows, types, strict=True) if true]
    names = tuple(dict.fromkeys(sorted(true for _, true in pairs)))
    ways = {
        "largest raw count": [(true, row.largest) for row, true in pairs],
        "corrected vector": [(true, row.best) for row, true in pairs],
        "label, where it has one": [(true, row.label) for row, true in pairs],
    }
    return [Accuracy(way, tuple(labels), names) for way, labels in ways.items()]


def compare(table: HitTable, path: Path) -> str:
    """The accuracies as a table for people.

    Raises:
        TruthError: the truth cannot be read, or knows none of the subjects.
    """
    types = read_types(path, [row.subject for row in table.rows])
    known = sum(map(bool, types))
    if not known:
        raise TruthError(f"{path} states the type of no subject here: is it about other ones?")
    ways = accuracies(table.rows, types)
    lines = [["", "labelled", "right", "mean per type", *ways[0].types], *map(_line, ways)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    head = f"{known:,} of {len(table.rows):,} subjects have a known type"
    return "\n".join([head, *text, f"{ways[0].way}: {ways[0].right}", f"label: {ways[2].right}"])


def _line(way: Accuracy) -> list[str]:
    shares = [way.labelled.share, way.right.share, way.mean_per_type]
    shares += [way.of_type(name).share for name in way.types]
    return [way.way, *("–" if share is None else f"{100 * share:.1f} %" for share in shares)]


def read_types(path: Path, subjects: Sequence[dict[str, str]]) -> list[str]:
    """The right type of each subject, "" where the file does not say; upper and lower case alike.

    Of several types the one with the most witnesses counts.

    Raises:
        TruthError: the file cannot be read, lacks a column, or a row is wrong.
    """
    names = list(dict.fromkeys(name for subject in subjects for name in subject))
    known: dict[tuple[str, ...], str] = {}
    with open_tsv(path) as tsv:
        if missing := [name for name in (*names, TYPES) if name not in tsv.columns]:
            raise TruthError(f"{path}: the header lacks {', '.join(missing)}")
        for place, row in tsv.rows():
            known[tuple(row[name].casefold() for name in names)] = _most(place, row[TYPES])
    return [
        known.get(tuple(subject.get(name, "").casefold() for name in names), "")
        for subject in subjects
    ]


def _most(place: str, types: str) -> str:
    counts: dict[str, int] = {}
    for part in filter(None, types.split(",")):
        name, _, number = part.partition(":")
        if not name or not number.isdecimal():
            raise TruthError(f"{place}: {TYPES} must look like suv:18,car:5, not {types!r}")
        counts[name] = int(number)
    return max(counts, key=lambda name: counts[name], default="")
