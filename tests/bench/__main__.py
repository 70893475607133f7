"""`python -m tests.bench [WHICH] [--folder DIR] [--scale PART]`: see the Makefile."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.bench import compare, document, flat, flat_stages, rehearsal, stages
from tests.bench.measure import BenchError

# In memory where the system has such a place: how long ext4 takes to make a file, and the system
# to find it memory, depends on what was deleted minutes ago, by a factor of four.
_MEMORY = Path("/dev/shm")
_DISK = Path("bench")
_FOLDER = _MEMORY / "carscrape-bench" if _MEMORY.is_dir() else _DISK

_BENCHES = {
    "compare": ("make bench", _FOLDER, compare.bench),
    "flat": ("make bench-flat", _FOLDER, flat.bench),
    "stages": ("make bench-stages", _FOLDER, stages.bench),
    "flat-stages": ("make bench-flat-stages", _FOLDER, flat_stages.bench),
    "rehearsal": ("make rehearsal", _DISK, rehearsal.bench),
}


def main() -> None:
    """Run a benchmark, print what it found and write it into the document."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("which", nargs="?", choices=_BENCHES, default="compare")
    parser.add_argument("--folder", type=Path, help="for what is downloaded")
    parser.add_argument("--scale", type=_scale, help="of the rehearsal, up to 1 (1)")
    options = parser.parse_args()
    command, folder, bench = _BENCHES[options.which]
    if options.which == "rehearsal":
        bench = partial(bench, scale=options.scale or 1.0)
    elif options.scale:
        parser.error("--scale is of the rehearsal alone")
    # What it has started ends with it, else that would run beside the next one.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        with _progress() as step:
            text = bench((options.folder or folder).resolve(), step)
    except BenchError as error:
        sys.exit(str(error))
    Console(soft_wrap=True).print(text, markup=False, highlight=False)
    document.write(command, text)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1:
        raise argparse.ArgumentTypeError(f"expected a number above 0, up to 1, got {text!r}")
    return scale


@contextmanager
def _progress() -> Iterator[document.Step]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("begins")

        def step(what: str, steps: int) -> None:
            done = progress.tasks[task].completed
            progress.update(task, description=what, total=steps, completed=done + 1)

        yield step


if __name__ == "__main__":
    main()
