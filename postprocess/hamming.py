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
_BESIDE = np.array([0, *(1 << bit for bit in range(_BITS))])  # a bucket itself, and beside it
_BLOCK = 1 << 18  # pairs compared at once: what fits a processor's cache
# Beside each other lie bits of one place of a picture, which would make a few buckets huge.
_SHUFFLED = np.random.default_rng(64).permutation(64)

Hashes = npt.NDArray[np.uint64]
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Indices of the pairs among those asked for and in the index, and the bits that differ."""

    asked: npt.NDArray[np.int32]
    found: npt.NDArray[np.int32]
    distance: npt.NDArray[np.uint8]

    def where(self, wanted: npt.NDArray[np.bool_]) -> "Pairs":
        """Some of them."""
        return Pairs(self.asked[wanted], self.found[wanted], self.distance[wanted])


class Index:
    """Hashes that can be asked which of them lie near others; 48 bytes each.

    All pairs of a crowd need not fit the memory: ask for a few at a time.
    """

    def __init__(self, hashes: Hashes) -> None:
        """Take distinct hashes: equal ones would make as many pairs as their square."""
        shuffled = _shuffle(hashes)
        self._bands = [_Band(shuffled, band) for band in range(_BANDS)]

    def near(self, asked: Hashes) -> Pairs:
        """Every pair of one asked for and one in the index that differ in at most `RADIUS` bits."""
        shuffled = _shuffle(asked)
        found = [band.near(shuffled) for band in self._bands]
        return Pairs(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _shuffle(hashes: Hashes) -> Hashes:
    """The same distances, with the bits in another order."""
    bits = np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1)
    return np.packbits(bits.take(_SHUFFLED, axis=1), axis=1).view(np.uint64).ravel()


def _band(hashes: Hashes, band: int) -> _Places:
    return (hashes >> np.uint64(_BITS * band) & np.uint64(_BUCKETS - 1)).astype(np.int64)


class _Band:
    """The hashes in the order of one of their bands, and where in it each bucket begins."""

    def __init__(self, shuffled: Hashes, band: int) -> None:
        buckets = _band(shuffled, band)
        order = np.argsort(buckets)
        self._band, self._order, self._hashes = band, order.astype(np.int32), shuffled[order]
        self._size = np.bincount(buckets, minlength=_BUCKETS)
        self._begin = np.cumsum(self._size) - self._size

    def near(
        self, asked: Hashes
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
        """The pairs that this band finds and no earlier one."""
        order = np.argsort(_band(asked, self._band))
        asked = asked[order]
        buckets = (_band(asked, self._band)[:, np.newaxis] ^ _BESIDE).ravel()
        near = _close(
            asked.repeat(len(_BESIDE)), self._hashes, self._begin[buckets], self._size[buckets]
        )
        left, right = (np.concatenate(side) for side in zip(*near, strict=True))
        left //= len(_BESIDE)
        differing = asked[left] ^ self._hashes[right]
        new = np.ones(len(differing), bool)
        for earlier in range(self._band):
            new &= np.bitwise_count(_band(differing, earlier)) > 1
        return (
            order[left[new]].astype(np.int32),
            self._order[right[new]],
            np.bitwise_count(differing[new]),
        )


def _close(
    left: Hashes, right: Hashes, start: _Places, count: _Places
) -> Iterator[tuple[_Places, _Places]]:
    """Compare in blocks: the places of the pairs that are close enough."""
    yield np.empty(0, np.int64), np.empty(0, np.int64)
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
