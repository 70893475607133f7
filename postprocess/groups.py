"""Groups of pictures that match: each has a keeper, and every member matches its keeper itself.

The images come in order, best first, and each joins the first keeper that it matches, or becomes
one. So there are no chains, and the groups hang on the set of images alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from postprocess.hamming import RADIUS, Hashes
from postprocess.likeness import Likeness
from postprocess.neighbours import Near, Neighbours
from postprocess.progress import bar

MOST_KEEPERS = 64
"""With how many an image is compared at most, the nearest first: else ten thousand different logos
with one hash, all of them keepers, would take days."""

_BLOCK = 256  # images decided together

_Rows = npt.NDArray[np.int64]
Compare = Callable[[_Rows, _Rows], Likeness]


@dataclass(frozen=True)
class Groups:
    """Per image, in the order they came in."""

    keeper: _Rows  # its place in that order; its own: it is one
    distance: npt.NDArray[np.uint8]  # bits between the hashes, of the middles or of all
    score: npt.NDArray[np.float32]  # what `Likeness` gave the pair


def group(hashes: Hashes, crops: Hashes, compare: Compare) -> Groups:
    """Group images that come best first.

    Args:
        hashes, crops: `hash` and `hash_crop` of each.
        compare: takes places of images and as many of others, and looks at each pair.
    """
    grouping = _Grouping(hashes, crops, compare)
    with bar("dedupe", len(hashes)) as advance:
        for start in range(0, len(hashes), _BLOCK):
            block = np.arange(start, min(start + _BLOCK, len(hashes)))
            grouping.decide(block)
            advance(len(block))
    return grouping.groups


class _Grouping:
    """What is decided so far."""

    def __init__(self, hashes: Hashes, crops: Hashes, compare: Compare) -> None:
        number = len(hashes)
        self._hashes, self._crops, self._compare = hashes, crops, compare
        self._neighbours = Neighbours(hashes, crops)
        self.groups = Groups(
            np.arange(number), np.zeros(number, np.uint8), np.zeros(number, np.float32)
        )
        self._keepers: defaultdict[int, list[int]] = defaultdict(list)  # the best of each hash

    def decide(self, block: _Rows) -> None:
        """Let the images of a block, better than all to come, join keepers or become some."""
        near = self._neighbours.near(block)
        (busy,) = near.busy.nonzero()
        later, keepers, bits = self._pairs_with_keepers(block, busy, near)
        joined = self._joined(later, keepers, bits)
        rest = np.setdiff1d(block[busy], joined, assume_unique=True)
        for keeper in self._decide_among(rest):
            for number in self._neighbours.numbers(keeper):
                if len(self._keepers[number]) < MOST_KEEPERS:
                    self._keepers[number].append(keeper)

    def _pairs_with_keepers(
        self, block: _Rows, busy: _Rows, near: Near
    ) -> tuple[_Rows, _Rows, _Rows]:
        """Each busy image with the keepers whose hashes are near: images, keepers, bits."""
        pairs = [
            (block[place], *keeper)
            for place in busy.tolist()
            for keeper in self._nearest_keepers(near[place])
        ]
        later, keepers, bits = np.array(pairs, np.int64).reshape(-1, 3).T
        return later, keepers, bits

    def _nearest_keepers(self, near: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Of the keepers of hashes that come nearest first: each with the bits."""
        bits_to: dict[int, int] = {}
        for bits, of_one in groupby(near, itemgetter(0)):
            for _, number in of_one:
                for keeper in self._keepers.get(number, ()):
                    bits_to.setdefault(keeper, bits)
            if len(bits_to) >= MOST_KEEPERS:
                break
        nearest = sorted(bits_to.items(), key=lambda item: (item[1], item[0]))
        return nearest[:MOST_KEEPERS]

    def _joined(self, later: _Rows, earlier: _Rows, bits: _Rows) -> _Rows:
        """Look at pairs with keepers; the images that match one join the best of those."""
        if not len(later):
            return later
        said = self._compare(later, earlier)
        (same,) = said.same.nonzero()
        same = same[np.lexsort((earlier[same], later[same]))]
        images, first = np.unique(later[same], return_index=True)
        best = same[first]
        better = earlier[best] < self._best_so_far(images)
        images, best = images[better], best[better]
        self.groups.keeper[images] = earlier[best]
        self.groups.distance[images] = bits[best]
        self.groups.score[images] = said.score[best]
        return images

    def _best_so_far(self, images: _Rows) -> _Rows:
        """The keeper that each has found; itself, and so a worse one than any, if none."""
        return self.groups.keeper[images]

    def _decide_among(self, rows: _Rows) -> list[int]:
        """Decide images that match no earlier keeper, in rounds; those that became keepers.

        An image is decided once nothing is open that is better than the keeper it has found.
        """
        earlier, later, bits = self._pairs_among(rows)
        is_open = np.ones(len(rows), bool)
        keepers: list[int] = []
        while is_open.any():
            found = np.searchsorted(rows, self.groups.keeper[rows])
            waits = is_open[earlier] & is_open[later] & (earlier < found[later])
            decided = is_open.copy()
            decided[later[waits]] = False
            new = decided & (found == np.arange(len(rows)))
            keepers += rows[new].tolist()
            is_open &= ~decided
            look = new[earlier] & is_open[later] & (earlier < found[later])
            self._joined(rows[later[look]], rows[earlier[look]], bits[look])
        return keepers

    def _pairs_among(self, rows: _Rows) -> tuple[_Rows, _Rows, _Rows]:
        """Each pair of these that is near: places of the earlier and of the later one, bits."""
        hashes, crops = self._hashes[rows], self._crops[rows]
        bits = np.bitwise_count(hashes[:, np.newaxis] ^ hashes)
        across = np.bitwise_count(hashes[:, np.newaxis] ^ crops)
        bits = np.minimum(bits, np.minimum(across, across.T))
        earlier, later = np.triu(bits <= RADIUS, 1).nonzero()
        return earlier, later, bits[earlier, later].astype(np.int64)
