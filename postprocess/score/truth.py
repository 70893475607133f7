"""What is known of the images of a crawl: a TSV, written by the demo or by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from postprocess.tsv import TruthError, Tsv, open_tsv

NEEDED = ("url", "good")
OPTIONAL = ("kind", "original", "label")
REMARKS = ("fault",)  # how the demo's host answers: for people, not read
_GOOD = {"yes": True, "no": False}


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
    with open_tsv(path) as tsv:
        _check_columns(path, tsv.columns)
        known: dict[str, Truth] = {}
        for place, url, truth in _rows(tsv):
            if known.setdefault(url, truth) != truth:
                raise TruthError(f"{place}: {url} differs from an earlier line")
    if not known:
        raise TruthError(f"{path} has no rows below its header")
    return known


def _check_columns(path: Path, columns: tuple[str, ...]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    unknown = [name for name in columns if name not in NEEDED + OPTIONAL + REMARKS]
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"does not know {', '.join(unknown)}"
        raise TruthError(
            f"{path}: the header {wrong}; tab-separated columns are {', '.join(NEEDED)}, "
            f"and where you have them {', '.join(OPTIONAL)}"
        )


def _rows(tsv: Tsv) -> Iterator[tuple[str, str, Truth]]:
    for place, row in tsv.rows():
        good = _GOOD.get(row.pop("good"))
        if good is None:
            raise TruthError(f"{place}: good must be yes or no")
        url = row.pop("url")
        if not url:
            raise TruthError(f"{place}: no url")
        yield place, url, Truth(good, **{name: row[name] for name in OPTIONAL if name in row})
