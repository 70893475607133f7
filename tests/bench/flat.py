"""Whether an image costs the same however many came before it, in memory and in CPU."""

from pathlib import Path

from tests.bench.document import Step, circumstances, table
from tests.bench.downloaders import carscrape
from tests.bench.measure import BenchError, Cost, Program, emptied, need_room, stored, web

_IMAGE = 8_000  # bytes; so small that the disk takes little part
_ON_DISK = 20_000  # bytes an image takes, its rows in the ledger included, and some to spare
_COUNTS = (2_000, 20_000, 200_000)
_STEPS = 2 * len(_COUNTS) + 1
_NOTHING_STORED = 1  # exit code


def bench(folder: Path, step: Step) -> str:
    """Run all, and return the section of the document.

    Raises:
        BenchError: too little room, or an image was lost.
    """
    need_room(folder, _COUNTS[-1] * _ON_DISK)
    fine, missing, again = [], [], []
    for images in _COUNTS:
        step(f"{images:,} images", _STEPS)
        with web(_IMAGE) as port, emptied(folder / "run") as work:
            fine.append(_crawl(folder, work, port, images))
            found = stored(work)
            if found != (images, images):
                raise BenchError(f"{images} images became {found[0]} files, {found[1]} contents")
            if images == _COUNTS[-1]:
                step("the same again", _STEPS)
                again.append(_crawl(folder, work, port, images))
        step(f"{images:,} missing images", _STEPS)
        with web(_IMAGE, "MISSING") as port, emptied(folder / "run") as work:
            missing.append(_crawl(folder, work, port, images, _NOTHING_STORED))
    return _section(fine, missing, again[0])


def _crawl(folder: Path, work: Path, port: int, images: int, ends_with: int = 0) -> Cost:
    return Program(carscrape(work, port, images), folder / "log", {}).cost(ends_with)


def _section(fine: list[Cost], missing: list[Cost], again: Cost) -> str:
    _, some, many = (f"{count:,}" for count in _COUNTS)
    head = ["", f"{some} images", f"{many} images", "ratio", "wanted"]
    rows = [
        *_rows("stored", fine),
        *_rows("answered 404", missing),
    ]
    return (
        circumstances("make bench-flat")
        + f"JPEGs of {_IMAGE // 1000} kB. CPU: of so many images less that of the next smaller "
        f"crawl ({_COUNTS[0]:,}, {some}), divided by the images between.\n\n"
        + table(head, rows)
        + f"\nA second run over the {many} images that are stored, with nothing left to ask: "
        f"{again.wall:.1f} s, {again.cpu:.1f} s of CPU, {again.memory / 1e6:.0f} MB at its peak.\n"
    )


def _rows(what: str, costs: list[Cost]) -> list[list[str]]:
    memory = [cost.memory / 1e6 for cost in costs[1:]]
    cpu = [
        1000 * (more.cpu - less.cpu) / (count - before)
        for less, more, before, count in zip(costs, costs[1:], _COUNTS, _COUNTS[1:], strict=False)
    ]
    return [
        _row(f"{what}: peak memory, MB", memory, 0, "within 10 %, under 400 MB"),
        _row(f"{what}: CPU per image, ms", cpu, 3, "within 10 %"),
    ]


def _row(name: str, values: list[float], digits: int, wanted: str) -> list[str]:
    less, more = (f"{value:.{digits}f}" for value in values)
    return [name, less, more, f"{values[1] / values[0]:.2f}", wanted]
