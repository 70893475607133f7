"""Looks for what leaks from one split into another, in the exported files themselves.

Nothing here is shared with what draws the splits or groups near-duplicates: files are read again,
pictures are compared in a way of their own, and pages are asked from the ledgers by SQL.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from carscrape.store import Store
from postprocess.certificate import groups, looks, pages
from postprocess.certificate.check import Check
from postprocess.certificate.same_files import SameFiles

_SHOWN = 100  # leaks of each kind that are written down
_LIMITS = (
    f"By look, only pictures are found that are alike as a whole: {looks.MOST_BITS} of 64 bits, "
    f"{looks.MOST_LEVELS} levels of colour. Crops, frames, mirrors and other colours are not; "
    "`groups` has what the stage dedupe makes of them.",
    f"A page with more than {pages.MOST_IMAGES} kept images, or one in a web of pages that joins a "
    "hundredth of all kept images or more, may show images of two splits: see `exempt`.",
    "What engines did not tell about pages, and the same things photographed twice, nobody sees.",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """An image as it lies in a dataset."""

    split: str
    id: str  # sha256 of the bytes that were served, hex
    content: bytes


@dataclass(frozen=True)
class Certificate:
    """What was compared, and what was found in two splits."""

    images: dict[str, int]  # split -> images
    checks: tuple[Check, ...]

    @property
    def leaks(self) -> list[tuple[str, str]]:
        """Pairs of images that leak: sha256 (hex) of either."""
        return [pair for check in self.checks for pair in check.leaks]

    def to_json(self) -> bytes:
        """Everything, and the limits; the same dataset has the same text."""
        content = {
            "passed": not self.leaks,
            "images": self.images,
            "checks": {
                check.name: {
                    "pairs": check.pairs,
                    "leaks": len(check.leaks),
                    "found": check.leaks[:_SHOWN],
                    "exempt": check.exempt,
                }
                for check in self.checks
            },
            "limits": _LIMITS,
        }
        return f"{json.dumps(content, indent=1)}\n".encode()

    def __str__(self) -> str:
        pairs = ", ".join(f"{check.pairs:,} by {check.name}" for check in self.checks)
        found = f"{len(self.leaks):,} PAIRS LEAK" if self.leaks else "nothing leaks"
        return f"certificate: {found}; pairs compared between splits: {pairs}"


def certify(store: Store, images: Iterable[Exported], left_out: Sequence[str] = ()) -> Certificate:
    """Read a dataset from end to end and compare its splits.

    Args:
        left_out: sha256 (hex) of kept images that are not in it; they count on their pages.

    Raises:
        StoreError: the ledgers or verdicts cannot be read.
    """
    splits: dict[str, str] = {}
    seen: dict[str, tuple[str, looks.Look | None]] = {}
    same = SameFiles()
    for image in images:
        splits[image.id] = image.split
        seen[image.id] = image.split, looks.look(image.content)
        same.add(image.split, image.id, image.content)
    counted = Counter(splits.values())
    between = sum(one * other for one, other in combinations(counted.values(), 2))
    checks = (
        Check("bytes", between, sorted(same.leaks)),
        looks.check(seen),
        groups.check(store, splits),
        pages.check(store, splits, left_out),
    )
    return Certificate(dict(sorted(counted.items())), checks)
