"""The search for near-duplicates among a million hashes, beside libraries that can do it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from postprocess.hamming import Hashes
from postprocess.stages.verify import Verify
from tests.bench.document import table
from tests.bench.measure import ROOT, emptied
from tests.bench.resident import resident
from tests.bench.search import HASHES, make, second_look
from tests.bench.verify import jpegs

_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_SCRIPT = Path(__file__).with_name("others_search.py")
_OTHERS = {
    "faiss's IndexBinaryMultiHash, one signature": "IndexBinaryMultiHash",
    "faiss's IndexBinaryFlat, one signature": "IndexBinaryFlat",
    "imagededup's default (brute force), one signature": "imagededup",
}
_WANTED = {"one": "30 s, 1 GB", "both": "60 s"}
_LOOK = 3.0  # ms at most


def section(folder: Path, cars: Path) -> str:
    """The table, made in a folder for files of hashes.

    Args:
        cars: the photos that one kind of the hashes is like; may be missing.
    """
    with emptied(folder / "run") as work:
        files = make(work)
        rows = [*_ours(folder, files, "bits at random"), *_theirs(folder, files[0])]
        like = _hashes(cars)
        if len(like):
            rows += _ours(folder, make(work, like), f"rows of bits from {len(like)} cars")
    head = [f"{HASHES:,} hashes, 7 bits, one core", "seconds", "peak memory", "wanted"]
    return (
        "**dedupe**: every pair that differs in at most 7 bits. Of the libraries: all hashes "
        "indexed, the first of them asked for, and reckoned for all.\n\n"
        + table(head, rows)
        + f"\nThe second look at a candidate that passes all of it: {second_look() * 1000:.2f} ms "
        f"(wanted: {_LOOK:.0f}).\n"
    )


def _ours(folder: Path, files: list[Path], kind: str) -> Iterator[list[str]]:
    for what, wanted in _WANTED.items():
        log = folder / "log"
        used = resident([sys.executable, "-m", "tests.bench.search", what, *files], log)
        name = {"one": "one signature", "both": "both signatures"}[what]
        seconds, memory = float(log.read_text()), used.parent / 1e6
        yield [f"ours, {name}; {kind}", f"{seconds:.0f}", f"{memory:.0f} MB", wanted]


def _theirs(folder: Path, hashes: Path) -> Iterator[list[str]]:
    for name, way in _OTHERS.items():
        log = folder / "log"
        used = resident([_PYTHON, _SCRIPT, way, hashes], log)
        indexing, asking, questions = map(float, log.read_text().split())
        seconds = indexing + asking / questions * HASHES
        told = f"{name}; reckoned from {questions:,.0f}"
        yield [told, f"{seconds:,.0f}", f"{used.parent / 1e6:.0f} MB", ""]


def _hashes(cars: Path) -> Hashes:
    said = (Verify().prepare(image).columns.get("hash") for image in jpegs(cars))
    return np.array([hash_ for hash_ in said if hash_ is not None], np.uint64)
