"""Which hashes lie near which, among the hashes of whole pictures and those of their middles."""

import numpy as np
import numpy.typing as npt

from postprocess.hamming import Hashes, Pairs, pairs_within

_Numbers = npt.NDArray[np.intp]


class Neighbours:
    """Hashes and crops' hashes are numbered; equal ones are one, so a flood of them is no work."""

    def __init__(self, hashes: Hashes, crops: Hashes) -> None:
        values, rows_of_hash, self._hash_of, self._having = _numbered(hashes)
        crop_values, rows_of_crop, self._crop_of, cropped = _numbered(crops)
        whole = pairs_within(values)
        across = pairs_within(values, crop_values)
        # Most pictures lie near their own middles, which tells nothing.
        own = rows_of_hash[across.left] == rows_of_crop[across.right]
        own &= (self._having[across.left] == 1) & (cropped[across.right] == 1)
        across = across.where(~own)
        self._hash_to_hash = _Lists(whole.both_ways(), len(values))
        self._hash_to_crop = _Lists(across, len(values))
        self._crop_to_hash = _Lists(across.turned(), len(crop_values))

    def hash_of(self, row: int) -> int:
        """The number of an image's hash."""
        return int(self._hash_of[row])

    def crop_of(self, row: int) -> int:
        """The number of its crop's hash."""
        return int(self._crop_of[row])

    def busy(self) -> _Numbers:
        """The images that have another one near."""
        busy = self._having > 1
        busy |= self._hash_to_hash.filled() | self._hash_to_crop.filled()
        return (busy[self._hash_of] | self._crop_to_hash.filled()[self._crop_of]).nonzero()[0]

    def hashes_near(self, row: int) -> list[tuple[int, int]]:
        """The hashes near an image's hash or crop: their numbers, and the bits that differ."""
        own = self.hash_of(row)
        near = self._crop_to_hash[self.crop_of(row)]
        return [(own, 0), *self._hash_to_hash[own], *near]

    def crops_near(self, row: int) -> list[tuple[int, int]]:
        """The crops' hashes near an image's hash."""
        return self._hash_to_crop[self.hash_of(row)]


class _Lists:
    """For each left number of some pairs the right ones, with the bits."""

    def __init__(self, pairs: Pairs, number: int) -> None:
        order = np.argsort(pairs.left)
        self._right, self._bits = pairs.right[order], pairs.distance[order]
        self._begin = np.searchsorted(pairs.left[order], np.arange(number + 1))

    def filled(self) -> npt.NDArray[np.bool_]:
        """Which numbers have any."""
        return np.diff(self._begin) > 0

    def __getitem__(self, left: int) -> list[tuple[int, int]]:
        of_left = slice(*self._begin[left : left + 2])
        return list(zip(self._right[of_left].tolist(), self._bits[of_left].tolist(), strict=True))


def _numbered(hashes: Hashes) -> tuple[Hashes, _Numbers, _Numbers, _Numbers]:
    """The distinct ones, a row that has each, the number of each row's, and how many have each."""
    return np.unique(hashes, return_index=True, return_inverse=True, return_counts=True)
