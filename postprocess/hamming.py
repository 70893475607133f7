"""All pairs of 64-bit hashes that differ in few bits, found without comparing every pair.

Two hashes that differ in at most 7 of their 64 bits differ in at most one bit of one of their four
bands of 16. So each band is a table of buckets, and a hash is compared with what lies in the bucket
of its band and in the 16 beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RADIUS = 7
"""The most bits that the tables can vouch for."""

_BANDS, _BITS = 4, 16
_BUCKETS = 1 << _BITS
_BLOCK = 1 << 18  # pairs compared at once: what fits a processor's cache
# Beside each other lie bits of one place of a picture, which would make a few buckets huge.
_SHUFFLED = np.random.default_rng(64).permutation(64)

Hashes = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Indices of the pairs in the left and in the right array, and the bits that differ."""

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    distance: npt.NDArray[np.uint8]

    def where(self, wanted: npt.NDArray[np.bool_]) -> "Pairs":
        """Some of them."""
        return Pairs(self.left[wanted], self.right[wanted], self.distance[wanted])

    def turned(self) -> "Pairs":
        """Right for left."""
        return Pairs(self.right, self.left, self.distance)

    def both_ways(self) -> "Pairs":
        """Each pair, and each turned."""
        left, right = np.concatenate([self.left, self.right]), [self.right, self.left]
        return Pairs(left, np.concatenate(right), np.tile(self.distance, 2))


def pairs_within(left: Hashes, right: Hashes | None = None) -> Pairs:
    """Every pair of one of the left and one of the right that differ in at most `RADIUS` bits.

    Args:
        left: distinct hashes: equal ones would make as many pairs as their square.
        right: distinct hashes; None: each unordered pair of the left, none with itself.
    """
    shuffled = _shuffle(left)
    other = shuffled if right is None else _shuffle(right)
    found = [_in_band(shuffled, other, band, twice=right is not None) for band in range(_BANDS)]
    return Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _shuffle(hashes: Hashes) -> Hashes:
    """The same distances, with the bits in another order."""
    bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1)
    return np.packbits(bits.take(_SHUFFLED, axis=1), axis=1).view(np.uint64).ravel()


def _band(hashes: Hashes, band: int) -> _Places:
    return (hashes >> np.uint64(_BITS * band) & np.uint64(_BUCKETS - 1)).astype(np.int64)


def _in_band(
    left: Hashes, right: Hashes, band: int, twice: bool
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """The pairs that this band finds and no earlier one."""
    left_order, right_order = (np.argsort(_band(side, band)) for side in (left, right))
    left, right = left[left_order], right[right_order]
    found: list[tuple[_Places, _Places]] = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for start, count in _buckets(_band(left, band), _band(right, band), twice):
        found += _close(left, right, start, count)
    places = [np.concatenate(side) for side in zip(*found, strict=True)]
    differing = left[places[0]] ^ right[places[1]]
    new = np.ones(len(differing), bool)
    for earlier in range(band):
        new &= np.bitwise_count(_band(differing, earlier)) > 1
    return (
        left_order[places[0][new]].astype(np.int32),
        right_order[places[1][new]].astype(np.int32),
        np.bitwise_count(differing[new]),
    )


def _buckets(left: _Places, right: _Places, twice: bool) -> Iterator[tuple[_Places, _Places]]:
    """Where for each of the left those of the right begin with which to compare, and how many.

    Args:
        left, right: the band of each hash, sorted.
        twice: False: left is right, so each pair is met once.
    """
    size = np.bincount(right, minlength=_BUCKETS)
    begin = np.cumsum(size) - size
    if twice:
        yield begin[left], size[left]
    else:
        after = np.arange(1, len(left) + 1)
        yield after, begin[left] + size[left] - after
    for bit in range(_BITS):
        beside = left ^ (1 << bit)
        count = size[beside]
        yield begin[beside], count if twice else np.where(beside > left, count, 0)


def _close(
    left: Hashes, right: Hashes, start: _Places, count: _Places
) -> Iterator[tuple[_Places, _Places]]:
    """Compare in blocks: the places of the pairs that are close enough."""
    (busy,) = count.nonzero()
    ends = np.cumsum(count[busy])
    first = 0
    while first < len(busy):
        before = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, before + _BLOCK, "right")))
        block = busy[first:last]
        number = count[block]
        begin = ends[first:last] - number - before  # of each one's pairs within the block
        partner = np.arange(ends[last - 1] - before)
        partner += np.repeat(start[block] - begin, number)
        apart = np.bitwise_count(np.repeat(left[block], number) ^ right[partner])
        (close,) = (apart <= RADIUS).nonzero()
        if len(close):
            yield block[np.searchsorted(begin, close, "right") - 1], partner[close]
        first = last
