"""What a dataset format must offer, and what an export says of itself.

A new format is one module in this folder, named as the format, holding one `Exporter` subclass.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from carscrape.store import Store
from postprocess.dataset import aside, claim, register
from postprocess.dataset.examples import Example
from postprocess.dataset.splits import PER_MILLE

FEW = 10  # images; a label with fewer is named
_NAMED = 10  # labels; the others are in the dataset's README


@dataclass(frozen=True)
class Options:
    """How a dataset is to be made."""

    to: Path  # where it will lie; it is written elsewhere first
    seed: int  # of the splits
    keep_metadata: bool  # leave places, people and cameras in the files
    refuse_few: bool  # make no dataset in which a label has few images


class Summary(Protocol):
    """What an export says of itself: as text, and why it is not credible ("" if it is)."""

    @property
    def wrong(self) -> str: ...


@dataclass(frozen=True)
class Export:
    """What was exported."""

    folder: Path
    seed: int  # of the splits
    counts: dict[str, dict[str, int]]  # label -> split -> images, both sorted or in split order
    left_out: int  # kept images that would join two splits
    unclean: int = 0  # kept images left out because their metadata could not be removed
    loading: str = ""  # how the format is loaded, as Markdown
    certificate: str = ""  # what independent code says of the splits, in one line
    leaks: int = 0  # that it found

    def total(self, split: str) -> int:
        """Images in one split."""
        return sum(by_split[split] for by_split in self.counts.values())

    @property
    def images(self) -> int:
        """Images in all splits."""
        return sum(map(self.total, PER_MILLE))

    @property
    def wrong(self) -> str:
        """What leaks, if anything does."""
        if not self.leaks:
            return ""
        place = self.folder / "certificate.json"
        return (
            f"{self.leaks:,} pairs of images lie in two splits: {place} names them; export again, "
            "and of each only the one in the later split stays"
        )

    @property
    def few(self) -> dict[str, int]:
        """Labels with fewer than `FEW` images, or none in a split, and how many they have."""
        return few(self.counts)

    def __str__(self) -> str:
        splits = ", ".join(f"{split} {self.total(split):,}" for split in PER_MILLE)
        lines = [
            f"{self.images:,} images in {self.folder}, labels: {len(self.counts):,}",
            f"{splits} (seed {self.seed})",
        ]
        if self.left_out:
            lines.append(f"left out, they would join two splits: {self.left_out:,}")
        if self.unclean:
            lines.append(
                f"left out, their metadata cannot be removed (--keep-metadata): {self.unclean:,}"
            )
        if self.few:
            lines.append(name_few(self.few))
        return "\n".join([*lines, *filter(None, [self.certificate])])


class Exporter(ABC):
    """A dataset format."""

    name: ClassVar[str]
    judged: ClassVar[bool] = True  # holds what the stages kept, so that all of them should have run

    def export(
        self,
        store: Store,
        to: Path,
        seed: int = 0,
        keep_metadata: bool = False,
        refuse_few: bool = False,
    ) -> Summary:
        """Make the dataset, which is there as a whole or not at all; twice, it is the same.

        Raises:
            ExportError: nothing was kept, an image is missing or damaged, or `to` is not ours.
            WriteError: `to` cannot be written.
            StoreError: the store cannot be read, was not judged, or was split with another seed.
        """
        claim.check(store, to)
        # Before anything is written: a takedown must know of an export that was cut short, too.
        register.add(store, to, self.name)
        with aside.replaced(store, to) as folder:
            return self.fill(store, folder, Options(to, seed, keep_metadata, refuse_few))

    @abstractmethod
    def fill(self, store: Store, folder: Path, options: Options) -> Summary:
        """Write everything into an empty folder; see `export`."""


def count_splits(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Label -> split -> images."""
    counted = Counter((example.label, example.split) for example in examples)
    labels = sorted({label for label, _ in counted})
    return {label: {split: counted[label, split] for split in PER_MILLE} for label in labels}


def few(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    """Labels with fewer than `FEW` images, or none in a split, and how many they have."""
    return {
        label: sum(by_split.values())
        for label, by_split in counts.items()
        if sum(by_split.values()) < FEW or 0 in by_split.values()
    }


def name_few(labels: dict[str, int]) -> str:
    """The first of these labels in one line."""
    named = ", ".join(f"{label!r} {count}" for label, count in list(labels.items())[:_NAMED])
    more = f" and {len(labels) - _NAMED:,} more" if len(labels) > _NAMED else ""
    return f"labels with under {FEW} images, or none in a split: {named}{more}"
