"""Pictures that look alike, by a hash of a mean and the colours of 64 fields.

Hashes that differ in no more than three bits agree in one of their four words, so only those are
compared bit by bit; pictures are no nearer each other than the sums of their quarters are, so only
near sums are compared field by field. No such pair is missed.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from postprocess.certificate.check import Check

MOST_BITS = 3
MOST_LEVELS = 3.0  # mean over fields and colours of how far two pictures are apart
_FIELDS = 8  # a side
_WORDS = 4  # of a hash
_PAIRS = 1 << 18  # compared at a time: the colours of as many take 200 MB

Look = tuple[int, bytes]  # hash, and the colours of the fields
_Numbers = npt.NDArray[np.intp]
_Levels = npt.NDArray[np.int16]


class _Side(NamedTuple):
    """The looks of a split, a row each."""

    hashes: npt.NDArray[np.uint64]
    quarters: _Levels  # (n, 12) sums over the fields of each quarter, up to 4,080
    fields: _Levels  # (n, 192)


def look(content: bytes) -> Look | None:
    """What a file looks like; None: nothing that can be told from other pictures, or decoded."""
    try:
        with Image.open(BytesIO(content)) as image:
            image.draft("RGB", (8 * _FIELDS, 8 * _FIELDS))
            picture = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return None
    fields = picture.resize((_FIELDS, _FIELDS), Image.Resampling.BOX)
    grey = np.asarray(fields.convert("L"))
    if int(grey.max()) - int(grey.min()) < 2 * MOST_LEVELS:
        return None
    bits = np.packbits(grey > np.median(grey)).tobytes()
    return int.from_bytes(bits), fields.tobytes()


def check(images: Mapping[str, tuple[str, Look | None]]) -> Check:
    """Compare every image with all of other splits.

    Args:
        images: sha256 (hex) -> split and look.
    """
    splits: dict[str, list[str]] = {}
    for id_, (split, seen) in images.items():
        if seen is not None:
            splits.setdefault(split, []).append(id_)
    pairs, leaks = 0, []
    for one, other in combinations(splits.values(), 2):
        pairs += len(one) * len(other)
        for a, b in _alike(_side(images, one), _side(images, other)):
            leaks.append((one[a], other[b]))
    flat = len(images) - sum(map(len, splits.values()))
    return Check("looks", pairs, sorted(leaks), {"images of one tone": flat})


def _side(images: Mapping[str, tuple[str, Look | None]], ids: list[str]) -> _Side:
    seen = [look for id_ in ids if (look := images[id_][1]) is not None]
    hashes = np.array([hash_ for hash_, _ in seen], np.uint64)
    colours = np.frombuffer(b"".join(colours for _, colours in seen), np.uint8)
    half = _FIELDS // 2
    by_quarter = colours.reshape(len(ids), 2, half, 2, half, 3)
    quarters = by_quarter.sum(axis=(2, 4), dtype=np.int16).reshape(len(ids), -1)
    return _Side(hashes, quarters, colours.reshape(len(ids), -1).astype(np.int16))


def _alike(one: _Side, other: _Side) -> set[tuple[int, int]]:
    """Rows of both sides that look alike."""
    found: set[tuple[int, int]] = set()
    for left, right in _sharing_a_word(one.hashes, other.hashes):
        for some in np.array_split(left, -(-len(left) * len(right) // _PAIRS)):
            bits = np.bitwise_count(one.hashes[some][:, None] ^ other.hashes[right])
            rows, columns = (bits <= MOST_BITS).nonzero()
            a, b = some[rows], right[columns]
            for near in (one.quarters, other.quarters), (one.fields, other.fields):
                kept = _near(near[0][a], near[1][b])
                a, b = a[kept], b[kept]
            found.update(zip(a.tolist(), b.tolist(), strict=True))
    return found


def _near(one: _Levels, other: _Levels) -> npt.NDArray[np.bool_]:
    """Which rows are no farther apart than pictures that look alike can be."""
    apart: npt.NDArray[np.int32] = np.abs(one - other).sum(axis=1, dtype=np.int32)
    return apart <= int(MOST_LEVELS * _FIELDS * _FIELDS * 3)


def _sharing_a_word(
    one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]
) -> Iterator[tuple[_Numbers, _Numbers]]:
    """Rows of both sides whose hashes have the same word at the same place."""
    words = [side.view(np.uint16).reshape(-1, _WORDS) for side in (one, other)]
    for place in range(_WORDS):
        left, right = (side[:, place] for side in words)
        orders = left.argsort(kind="stable"), right.argsort(kind="stable")
        values = np.intersect1d(left, right)
        bounds = [
            (np.searchsorted(side[order], values), np.searchsorted(side[order], values, "right"))
            for side, order in zip((left, right), orders, strict=True)
        ]
        for a, b, c, d in zip(*bounds[0], *bounds[1], strict=True):
            yield orders[0][a:b], orders[1][c:d]
