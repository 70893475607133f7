"""What a dataset format must offer, and what an export says of itself.

A new format is one module in this folder, named as the format, holding one `Exporter` subclass.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from carscrape.store import Store
from postprocess.dataset.examples import Example
from postprocess.dataset.splits import PER_MILLE

FEW = 10  # images; a label with fewer is named
_NAMED = 10  # labels; the others are in the dataset's README


@dataclass(frozen=True)
class Export:
    """What was exported."""

    folder: Path
    seed: int  # of the splits
    counts: dict[str, dict[str, int]]  # label -> split -> images, both sorted or in split order
    left_out: int  # kept images whose duplicates lie in two splits

    def total(self, split: str) -> int:
        """Images in one split."""
        return sum(by_split[split] for by_split in self.counts.values())

    @property
    def images(self) -> int:
        """Images in all splits."""
        return sum(map(self.total, PER_MILLE))

    @property
    def few(self) -> dict[str, int]:
        """Labels with fewer than `FEW` images, or none in a split, and how many they have."""
        return {
            label: sum(by_split.values())
            for label, by_split in self.counts.items()
            if sum(by_split.values()) < FEW or 0 in by_split.values()
        }

    def __str__(self) -> str:
        splits = ", ".join(f"{split} {self.total(split):,}" for split in PER_MILLE)
        lines = [
            f"{self.images:,} images in {self.folder}, labels: {len(self.counts):,}",
            f"{splits} (seed {self.seed})",
        ]
        if self.left_out:
            lines.append(f"left out, their duplicates lie in two splits: {self.left_out:,}")
        if self.few:
            named = [f"{label!r} {count}" for label, count in list(self.few.items())[:_NAMED]]
            more = f" and {len(self.few) - _NAMED:,} more" if len(self.few) > _NAMED else ""
            lines.append(
                f"labels with under {FEW} images, or none in a split: {', '.join(named)}{more}"
            )
        return "\n".join(lines)


class Exporter(ABC):
    """A dataset format."""

    name: ClassVar[str]

    @abstractmethod
    def export(self, store: Store, to: Path, seed: int) -> Export:
        """Write the kept images as a dataset; done twice, the result is the same.

        Raises:
            ExportError: nothing was kept, an image is missing or damaged, or `to` is not ours.
            WriteError: `to` cannot be written.
            StoreError: the store cannot be read, was not judged, or was split with another seed.
        """


def count_splits(examples: Iterable[Example]) -> dict[str, dict[str, int]]:
    """Label -> split -> images."""
    counted = Counter((example.label, example.split) for example in examples)
    labels = sorted({label for label, _ in counted})
    return {label: {split: counted[label, split] for split in PER_MILLE} for label in labels}
