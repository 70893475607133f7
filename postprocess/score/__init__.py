"""How good the kept set is and what it cost, where the truth about the URLs is known."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from carscrape.store import Store
from postprocess.aligned import aligned
from postprocess.labels import kept_images
from postprocess.score.fates import KEPT, good_originals
from postprocess.score.truth import Truth, read_truth
from postprocess.score.wilson import Proportion
from postprocess.tsv import TruthError


@dataclass(frozen=True)
class Kind:
    """What became of the images of one kind."""

    kind: str
    good: bool
    stored: int  # distinct images
    kept: int


@dataclass(frozen=True)
class Score:
    """The kept set against the truth.

    An image is good if the truth says so of every URL that served its bytes.
    """

    precision: Proportion  # good ones among the kept images that the truth knows
    recall: Proportion  # kept originals among all good ones of the truth, copies counted once
    lost: dict[str, int]  # where the other good originals were lost; sums to recall.n - recall.hits
    labels: Proportion  # right labels among the kept good images whose label is known
    unknown: int  # kept images that the truth does not know
    kinds: tuple[Kind, ...]

    def __str__(self) -> str:
        rows = [["kind", "good", "stored", "kept", "share"], *self._rows()]
        return "\n".join([*self._sentences(), "", *aligned(rows, words=2)])

    def _sentences(self) -> list[str]:
        losses = ", ".join(f"{place} {count:,}" for place, count in self.lost.items()) or "none"
        return [
            f"precision of the kept images: {self.precision}",
            f"good originals that were kept: {self.recall}",
            f"good originals lost: {losses}",
            f"right labels on the kept good images: {self.labels}",
            f"kept images the truth does not know: {self.unknown:,}",
        ]

    def _rows(self) -> list[list[str]]:
        return [
            [
                row.kind or "(not stated)",
                "yes" if row.good else "no",
                f"{row.stored:,}",
                f"{row.kept:,}",
                f"{100 * row.kept / row.stored:.1f} %",
            ]
            for row in self.kinds
        ]


def score(store: Store, truth: Path) -> Score:
    """Compare the kept set with the truth about its URLs.

    Args:
        truth: a TSV with the columns url and good (yes or no), and where known kind, original
            (copies of one picture share it) and label.

    Raises:
        TruthError: the truth cannot be read, or knows none of the store's URLs.
        StoreError: the store cannot be read, or was not judged to the end.
    """
    known = read_truth(truth)
    images = _images_of(store, known)
    labels = _labels(store)
    if not images:
        raise TruthError(
            f"{truth} and {store.root} share no URL: is it the truth about another crawl?"
        )
    rows_of = _rows_of(known, images)
    good = {image: all(row.good for row in rows) for image, rows in rows_of.items()}
    judged = [good[image] for image in labels if image in good]
    ended = good_originals(store, known, images)
    return Score(
        precision=Proportion(sum(judged), len(judged)),
        recall=Proportion(ended[KEPT], ended.total()),
        lost={place: count for place, count in ended.items() if place != KEPT},
        labels=_right_labels(labels, rows_of, good),
        unknown=len(labels) - len(judged),
        kinds=_kinds(rows_of, good, labels),
    )


def _labels(store: Store) -> dict[str, str]:
    """The label of every kept image, by sha256."""
    kept = kept_images(store)
    ids = (image.hex() for image in kept["id"].to_pylist())
    return dict(zip(ids, kept["label"].to_pylist(), strict=True))


def _images_of(store: Store, known: dict[str, Truth]) -> dict[str, str]:
    """The sha256 of what each known URL served; "" where nothing was stored."""
    images: dict[str, str] = {}
    for row in store.rows("select url, iif(outcome = 'stored', sha256, '') as image from image"):
        if row["url"] in known:
            images[row["url"]] = images.get(row["url"]) or row["image"] or ""
    return images


def _rows_of(known: dict[str, Truth], images: dict[str, str]) -> dict[str, list[Truth]]:
    """What the truth says of each stored image, by sha256."""
    rows: dict[str, list[Truth]] = defaultdict(list)
    for url, image in images.items():
        if image:
            rows[image].append(known[url])
    return dict(rows)


def _kinds(
    rows_of: dict[str, list[Truth]], good: dict[str, bool], kept: dict[str, str]
) -> tuple[Kind, ...]:
    # Where URLs with the same bytes disagree, the image is bad, and so is the kind it counts for.
    kind_of = {
        image: next(row.kind for row in rows if row.good == good[image])
        for image, rows in rows_of.items()
    }
    stored = Counter((kind, good[image]) for image, kind in kind_of.items())
    left = Counter((kind, good[image]) for image, kind in kind_of.items() if image in kept)
    rows = sorted(stored, key=lambda row: (not row[1], row[0]))
    return tuple(Kind(*row, stored=stored[row], kept=left[row]) for row in rows)


def _right_labels(
    labels: dict[str, str], rows_of: dict[str, list[Truth]], good: dict[str, bool]
) -> Proportion:
    pairs = [
        (labels[image], truth)
        for image, is_good in good.items()
        if is_good and image in labels
        for truth in [row.label for row in rows_of[image] if row.label][:1]
    ]
    return Proportion(sum(_words(one) == _words(other) for one, other in pairs), len(pairs))


def _words(label: str) -> list[str]:
    return sorted(label.casefold().split())
