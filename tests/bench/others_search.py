"""How others look for near hashes; runs in .venv-bench: python others_search.py NAME FILE.npy.

All hashes are indexed and some of them asked for, one after the other, on one core. Prints the
seconds to index, those of the questions, and how many questions there were.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

_RADIUS = 7
_BANDS, _BITS, _FLIPS = 4, 16, 1
Ask = Callable[[int], Any]  # the first so many of the hashes


def faiss_flat(hashes: np.ndarray) -> Ask:
    import faiss

    return _faiss(faiss.IndexBinaryFlat(64), hashes)


def faiss_multi_hash(hashes: np.ndarray) -> Ask:
    """As many bands, and bits that may differ in one, as ours: as exact, too."""
    import faiss

    index = faiss.IndexBinaryMultiHash(64, _BANDS, _BITS)
    index.nflip = _FLIPS
    return _faiss(index, hashes)


def _faiss(index: Any, hashes: np.ndarray) -> Ask:
    import faiss

    faiss.omp_set_num_threads(1)
    rows = hashes.view(np.uint8).reshape(-1, 8)
    index.add(rows)
    return lambda number: index.range_search(rows[:number], _RADIUS + 1)  # less than that


def imagededup(hashes: np.ndarray) -> Ask:
    """Its way by default: every hash is compared with every other."""
    from imagededup.handlers.search.brute_force_cython import BruteForceCython

    named = {str(n): f"{value:016x}" for n, value in enumerate(hashes.tolist())}
    search = BruteForceCython(named, lambda *_: 0)  # which it takes and never calls
    asked = list(named.values())
    return lambda number: [search.search(value, _RADIUS) for value in asked[:number]]


_WAYS = {
    "IndexBinaryFlat": (faiss_flat, 20_000),
    "IndexBinaryMultiHash": (faiss_multi_hash, 20_000),
    "imagededup": (imagededup, 20),
}

if __name__ == "__main__":
    way, questions = _WAYS[sys.argv[1]]
    loaded = np.load(sys.argv[2])
    began = time.monotonic()
    ask = way(loaded)
    indexed = time.monotonic()
    ask(questions)
    print(indexed - began, time.monotonic() - indexed, questions)
