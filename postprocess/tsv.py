"""Tab-separated files of what is known, written by people and by the demo."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from carscrape.store import StoreError


class TruthError(StoreError):
    """A truth file that cannot be read or used; the text names file, line and column."""


@dataclass(frozen=True)
class Tsv:
    """An open file."""

    path: Path
    columns: tuple[str, ...]
    reader: "csv.DictReader[str]"

    def rows(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Each row, with its place for messages.

        Raises:
            TruthError: a row has not as many cells as the header.
        """
        for row in self.reader:
            place = f"{self.path}, line {self.reader.line_num}"
            if None in row or None in row.values():
                raise TruthError(f"{place}: not as many cells as the header has")
            yield place, row


@contextmanager
def open_tsv(path: Path) -> Iterator[Tsv]:
    """Open a file with a header.

    Raises:
        TruthError: it cannot be read, now or while the rows are.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", strict=True)
            yield Tsv(path, tuple(reader.fieldnames or ()), reader)
    except OSError as error:
        raise TruthError(f"cannot read the truth {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TruthError(f"{path} is no tab-separated UTF-8 text: {error}") from error
