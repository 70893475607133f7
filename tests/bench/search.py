"""Near hashes among a million, on one core: python -m tests.bench.search WHAT [FILE.npy...].

In a process of its own, whose memory is looked at. Prints the seconds that it took.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from postprocess.hamming import Hashes, Index
from postprocess.likeness import likeness
from postprocess.neighbours import Neighbours
from postprocess.signature import SIGNATURE_COLUMNS, THUMB_SIDE, sign

HASHES = 1_000_000
_PAIRS, _AT_ONCE = 2_048, 256
_BLOCK = 4_096  # hashes asked for at once


def make(folder: Path, like: Hashes | None = None) -> list[Path]:
    """Write files of hashes and of as many of middles, at random.

    Args:
        like: of photos: each row of 8 bits is that of one of them, so that they crowd as theirs do;
            None: all bits are even.
    """
    random = np.random.default_rng(7)
    paths = [folder / "hashes.npy", folder / "crops.npy"]
    for path in paths:
        hashes = random.integers(0, 2**64, HASHES, np.uint64)
        if like is not None:
            rows = like.view(np.uint8).reshape(-1, 8)
            chosen = random.integers(0, len(rows), (HASHES, 8))
            hashes = rows[chosen, np.arange(8)].reshape(-1).view(np.uint64)
        np.save(path, hashes)
    return paths


def one(hashes: Hashes, _: Hashes) -> None:
    """All pairs of one signature."""
    values = np.unique(hashes)
    index = Index(values)
    for start in range(0, len(values), _BLOCK):
        index.near(values[start : start + _BLOCK])


def both(hashes: Hashes, crops: Hashes) -> None:
    """What the stage looks for: pairs of hashes, and of hashes with those of middles."""
    neighbours = Neighbours(hashes, crops)
    for start in range(0, len(hashes), _BLOCK):
        neighbours.near(np.arange(start, min(start + _BLOCK, len(hashes))))


def second_look() -> float:
    """Seconds that the second look takes for a candidate that passes all of it."""
    random = np.random.default_rng(7)
    small = random.integers(0, 256, (_AT_ONCE, THUMB_SIDE // 2, THUMB_SIDE // 2, 3), np.uint8)
    signed = [sign(np.ascontiguousarray(each.repeat(4, 0).repeat(4, 1))) for each in small]
    table = pa.Table.from_pylist(signed, SIGNATURE_COLUMNS)
    began = time.process_time()
    for _ in range(_PAIRS // _AT_ONCE):
        assert likeness(table, table).same.all()
    return (time.process_time() - began) / _PAIRS


_SEARCHES: dict[str, Callable[[Hashes, Hashes], None]] = {"one": one, "both": both}

if __name__ == "__main__":
    arrays = [np.load(path) for path in sys.argv[2:]]
    start = time.monotonic()
    _SEARCHES[sys.argv[1]](*arrays)
    print(time.monotonic() - start)
