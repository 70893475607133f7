"""`python -m tests.bench [WHICH] [--folder DIR]`: see what the Makefile calls bench."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.bench import compare, document, flat, flat_stages, stages
from tests.bench.measure import BenchError

_BENCHES = {
    "compare": ("make bench", compare.bench),
    "flat": ("make bench-flat", flat.bench),
    "stages": ("make bench-stages", stages.bench),
    "flat-stages": ("make bench-flat-stages", flat_stages.bench),
}

# In memory where the system has such a place: how long ext4 takes to make a file, and the system
# to find it memory, depends on what was deleted minutes ago, by a factor of four.
_MEMORY = Path("/dev/shm")
_FOLDER = _MEMORY / "carscrape-bench" if _MEMORY.is_dir() else Path("bench")


def main() -> None:
    """Run a benchmark, print what it found and write it into the document."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("which", nargs="?", choices=_BENCHES, default="compare")
    parser.add_argument("--folder", type=Path, default=_FOLDER, help="for what is downloaded")
    options = parser.parse_args()
    command, bench = _BENCHES[options.which]
    try:
        with _progress() as step:
            text = bench(options.folder.resolve(), step)
    except BenchError as error:
        sys.exit(str(error))
    Console(soft_wrap=True).print(text, markup=False, highlight=False)
    document.write(command, text)


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
