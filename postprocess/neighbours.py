"""Which hashes lie near which, among the hashes of whole pictures and those of their middles."""

import numpy as np
import numpy.typing as npt

from postprocess.hamming import Hashes, Index, Pairs

_Numbers = npt.NDArray[np.intp] | npt.NDArray[np.int32]


class Neighbours:
    """Hashes and crops' hashes are numbered; equal ones are one, so a flood of them is no work."""

    def __init__(self, hashes: Hashes, crops: Hashes) -> None:
        self._whole, self._middle = _Numbered(hashes), _Numbered(crops)

    def numbers(self, row: int) -> tuple[int, int]:
        """The numbers of an image's hash and of its crop's, which are not among those of hashes."""
        return int(self._whole.of[row]), int(self._middle.of[row]) + len(self._whole.values)

    def near(self, rows: _Numbers) -> "Near":
        """What lies near some images: fewer at a time need less memory."""
        hashes, hash_of = np.unique(self._whole.of[rows], return_inverse=True)
        crops, crop_of = np.unique(self._middle.of[rows], return_inverse=True)
        whole = self._whole.index.near(self._whole.values[hashes])
        across = self._whole.index.near(self._middle.values[crops])
        across = across.where(~self._own(across.found, crops[across.asked]))
        back = self._middle.index.near(self._whole.values[hashes])
        back = back.where(~self._own(hashes[back.asked], back.found))
        lists = (
            (hash_of, _Lists(whole, len(hashes))),
            (crop_of, _Lists(across, len(crops))),
            (hash_of, _Lists(back, len(hashes), first=len(self._whole.values))),
        )
        return Near(lists, self._whole.having[self._whole.of[rows]] > 1)

    def _own(self, hashes: _Numbers, crops: _Numbers) -> npt.NDArray[np.bool_]:
        """Which pairs are of one picture: most lie near their own middles, which tells nothing."""
        own: npt.NDArray[np.bool_] = self._whole.rows[hashes] == self._middle.rows[crops]
        own &= (self._whole.having[hashes] == 1) & (self._middle.having[crops] == 1)
        return own


class Near:
    """What lies near some images, by their places among those that were asked for."""

    def __init__(
        self, lists: tuple[tuple[_Numbers, "_Lists"], ...], shared: npt.NDArray[np.bool_]
    ) -> None:
        self._lists = lists
        number = sum(each.sizes[of] for of, each in lists)
        self.busy = shared | (number > 1)  # which have more near than their own hash

    def __getitem__(self, place: int) -> list[tuple[int, int]]:
        """The hashes near one's hash or crop, and the crops near its hash: the bits that differ
        and the number of each, the nearest first.
        """
        found = [each.of(of[place]) for of, each in self._lists]
        bits, numbers = (np.concatenate(side) for side in zip(*found, strict=True))
        order = np.argsort(bits, kind="stable")
        return list(zip(bits[order].tolist(), numbers[order].tolist(), strict=True))


class _Numbered:
    """Hashes without repetitions."""

    def __init__(self, hashes: Hashes) -> None:
        self.values, self.rows, self.of, self.having = np.unique(
            hashes, return_index=True, return_inverse=True, return_counts=True
        )  # the distinct ones; a row that has each; the number of each row's; how many have each
        self.index = Index(self.values)


class _Lists:
    """For each of those asked for what was found, with the bits."""

    def __init__(self, pairs: Pairs, number: int, first: int = 0) -> None:
        order = np.argsort(pairs.asked)
        self._found, self._bits = pairs.found[order] + first, pairs.distance[order]
        self.sizes = np.bincount(pairs.asked, minlength=number)
        self._end = np.cumsum(self.sizes)

    def of(self, number: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
        """The bits, and the numbers of what was found."""
        listed = slice(self._end[number] - self.sizes[number], self._end[number])
        return self._bits[listed], self._found[listed]
