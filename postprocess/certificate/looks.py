"""Pictures that look alike, by a hash of a mean and the colours of 64 fields.

Hashes that differ in no more than three bits agree in one of their four words, so only those are
compared bit by bit, and no such pair is missed.
"""

from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import combinations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from postprocess.certificate.check import Check

MOST_BITS = 3
MOST_LEVELS = 3.0  # mean over fields and colours of how far two pictures are apart
_SIDE = 8  # fields
_WORDS = 4  # of a hash
_PAIRS = 1 << 18  # compared at a time: the colours of as many take 200 MB

Look = tuple[int, bytes]  # hash, and the colours of the fields
_Numbers = npt.NDArray[np.intp]


def look(content: bytes) -> Look | None:
    """What a file looks like; None: nothing that can be told from other pictures, or decoded."""
    try:
        with Image.open(BytesIO(content)) as image:
            image.draft("RGB", (8 * _SIDE, 8 * _SIDE))
            picture = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, SyntaxError, ValueError):
        return None
    fields = picture.resize((_SIDE, _SIDE), Image.Resampling.BOX)
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
        sides = [_arrays(images, ids) for ids in (one, other)]
        for a, b in _alike(*sides):
            leaks.append((one[a], other[b]))
    flat = len(images) - sum(map(len, splits.values()))
    return Check("looks", pairs, sorted(leaks), {"images of one tone": flat})


def _arrays(
    images: Mapping[str, tuple[str, Look | None]], ids: list[str]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int16]]:
    seen = [look for id_ in ids if (look := images[id_][1]) is not None]
    hashes = np.array([hash_ for hash_, _ in seen], np.uint64)
    colours = np.frombuffer(b"".join(colours for _, colours in seen), np.uint8)
    return hashes, colours.reshape(len(ids), -1).astype(np.int16)


def _alike(
    one: tuple[npt.NDArray[np.uint64], npt.NDArray[np.int16]],
    other: tuple[npt.NDArray[np.uint64], npt.NDArray[np.int16]],
) -> set[tuple[int, int]]:
    """Rows of both sides that look alike."""
    found: set[tuple[int, int]] = set()
    for left, right in _sharing_a_word(one[0], other[0]):
        for some in np.array_split(left, -(-len(left) * len(right) // _PAIRS)):
            bits = np.bitwise_count(one[0][some][:, None] ^ other[0][right])
            rows, columns = (bits <= MOST_BITS).nonzero()
            a, b = some[rows], right[columns]
            apart = np.abs(one[1][a] - other[1][b]).mean(axis=1)
            found.update(
                zip(*((side[apart <= MOST_LEVELS]).tolist() for side in (a, b)), strict=True)
            )
    return found


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
