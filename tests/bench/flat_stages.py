"""Whether the stages' memory stays flat, and how soon a run ends that has nothing new to judge."""

import sys
from pathlib import Path

from tests.bench.document import Step, circumstances, table
from tests.bench.measure import emptied, need_room
from tests.bench.resident import Resident, resident

_COUNTS = (20_000, 100_000)
_ON_DISK = 12_000  # bytes an image takes, its rows and verdicts included, and some to spare
_STEPS = 2 * len(_COUNTS) + 1
_MOST = 1.0  # kB that an image may add to the peak


def bench(folder: Path, step: Step) -> str:
    """Run all, and return the section of the document.

    Raises:
        BenchError: too little room, or a run failed.
    """
    need_room(folder, _COUNTS[-1] * _ON_DISK)
    runs = []
    for images in _COUNTS:
        with emptied(folder / "run") as work:
            step(f"{images:,} images made", _STEPS)
            resident(
                [sys.executable, "-m", "tests.bench.small_store", work, f"{images}"], _log(work)
            )
            step(f"{images:,} images judged", _STEPS)
            runs.append(_run(work))
            if images == _COUNTS[-1]:
                step("the same again", _STEPS)
                again = _run(work)
    return _section(runs, again)


def _run(store: Path) -> Resident:
    command = [sys.executable, "-m", "postprocess", "run", store, "--backbone", "demo"]
    return resident(command, _log(store))


def _log(work: Path) -> Path:
    return work.parent / "log"


def _section(runs: list[Resident], again: Resident) -> str:
    rows = [
        _row("the program itself", [run.parent for run in runs], f"{_MOST:.0f} kB"),
        _row("its largest child process", [run.largest_child for run in runs], "0 kB"),
    ]
    head = ["peak memory", *(f"{count:,} images" for count in _COUNTS), "per image", "wanted"]
    rate = _COUNTS[-1] / runs[-1].wall
    names = ("numpy", "pyarrow", "tensorflow", "keras")
    return (
        circumstances("make bench-flat-stages", names=names)
        + "`postprocess run --backbone demo`, every stage, on JPEGs of 64x64 pixels that all are "
        f"kept up to the label: {rate:,.0f} images a second in all.\n\n"
        + table(head, rows)
        + f"\nThe same again over {_COUNTS[-1]:,} images, with nothing new: {again.wall:.1f} s, "
        f"{again.parent / 1e6:.0f} MB.\n"
    )


def _row(name: str, peaks: list[int], wanted: str) -> list[str]:
    each = (peaks[1] - peaks[0]) / (_COUNTS[1] - _COUNTS[0]) / 1000
    return [name, *(f"{peak / 1e6:.0f} MB" for peak in peaks), f"{each:.2f} kB", wanted]
