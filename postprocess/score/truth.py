"""What is known of the images of a crawl: a TSV, written by the demo or by hand."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from carscrape.store import StoreError

NEEDED = ("url", "good")
OPTIONAL = ("kind", "original", "label")
REMARKS = ("fault",)  # how the demo's host answers: for people, not read
_GOOD = {"yes": True, "no": False}


class TruthError(StoreError):
    """A truth file that cannot be read or used; the text names file, line and column."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of the image at one URL; "" where the file does not say."""

    good: bool  # it belongs into the dataset
    kind: str = ""  # what it is, for people, e.g. "thumbnail"
    original: str = ""  # copies of one picture share this
    label: str = ""  # the right label, its words in any order


def read_truth(path: Path) -> dict[str, Truth]:
    """Read a truth file: URL -> what is known of it.

    Raises:
        TruthError: it cannot be read, lacks a column, or a row is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, csv.DictReader(file, delimiter="\t", strict=True))
    except OSError as error:
        raise TruthError(f"cannot read the truth {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TruthError(f"{path} is no tab-separated UTF-8 text: {error}") from error


def _read(path: Path, reader: "csv.DictReader[str]") -> dict[str, Truth]:
    _check_columns(path, list(reader.fieldnames or []))
    known: dict[str, Truth] = {}
    for url, truth in _rows(path, reader):
        if known.setdefault(url, truth) != truth:
            raise TruthError(f"{path}, line {reader.line_num}: {url} differs from an earlier line")
    if not known:
        raise TruthError(f"{path} has no rows below its header")
    return known


def _check_columns(path: Path, columns: list[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    unknown = [name for name in columns if name not in NEEDED + OPTIONAL + REMARKS]
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"does not know {', '.join(unknown)}"
        raise TruthError(
            f"{path}: the header {wrong}; tab-separated columns are {', '.join(NEEDED)}, "
            f"and where you have them {', '.join(OPTIONAL)}"
        )


def _rows(path: Path, reader: "csv.DictReader[str]") -> Iterator[tuple[str, Truth]]:
    for row in reader:
        place = f"{path}, line {reader.line_num}"
        if None in row or None in row.values():
            raise TruthError(f"{place}: not as many cells as the header has")
        good = _GOOD.get(row.pop("good"))
        if good is None:
            raise TruthError(f"{place}: good must be yes or no")
        url = row.pop("url")
        if not url:
            raise TruthError(f"{place}: no url")
        yield url, Truth(good, **{name: row[name] for name in OPTIONAL if name in row})
