"""What one image costs us, Scrapy's own pipeline and img2dataset, in one run."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench.document import Step, circumstances, table
from tests.bench.downloaders import IMG2DATASET, OURS, STOCK, Downloader, carscrape
from tests.bench.measure import BenchError, Cost, Program, emptied, need_room, stored, web

_IMAGE = 110_000  # bytes
_FEW, _MANY = 5_000, 20_000
# Interleaved, since the machine's pace changes within minutes.
_ORDER = (OURS, IMG2DATASET, OURS, STOCK, IMG2DATASET, OURS, IMG2DATASET)
_STEPS = len(_ORDER) + 1
_LEAST = {IMG2DATASET: "1.0", STOCK: "1.6"}
_QUIET = {"NO_ALBUMENTATIONS_UPDATE": "1"}  # img2dataset's library would ask the internet


@dataclass
class Rounds:
    """What a downloader took each time it ran."""

    many: list[Cost] = field(default_factory=list)  # of _MANY images
    marginal: list[float] = field(default_factory=list)  # images per second of CPU
    stall: float = 0.0  # seconds

    @property
    def rate(self) -> float:
        """Images per second of CPU, beginning and end of the program not counted."""
        return median(self.marginal)


def bench(folder: Path, step: Step) -> str:
    """Run all, and return the section of the document.

    Raises:
        BenchError: too little room, or a downloader did not store every image.
    """
    need_room(folder, int(_MANY * _IMAGE * 1.5))
    rounds = {downloader: Rounds() for downloader in _ORDER}
    with web(_IMAGE) as port:
        for downloader in _ORDER:
            step(f"{downloader.name}, round {len(rounds[downloader].many) + 1}", _STEPS)
            _round(downloader, folder, port, rounds[downloader])
        step("two processes of ours", _STEPS)
        together = _two_processes(folder, port)
    return _section(rounds, together)


def _round(downloader: Downloader, folder: Path, port: int, rounds: Rounds) -> None:
    few, many = (_run(downloader, folder, port, images, rounds) for images in (_FEW, _MANY))
    rounds.many.append(many)
    rounds.marginal.append((_MANY - _FEW) / (many.cpu - few.cpu))


def _run(downloader: Downloader, folder: Path, port: int, images: int, rounds: Rounds) -> Cost:
    with emptied(folder / "run") as work:
        command = downloader.command(work, port, images)
        cost = Program(command, folder / "log", _QUIET).cost()
        found = stored(work)
        if found != (images, images):
            raise BenchError(f"{downloader.name}: {found[0]} files, {found[1]} contents")
        rounds.stall = max([rounds.stall, *_stalls(work)])
    return cost


def _stalls(work: Path) -> list[float]:
    return [float(path.read_text()) for path in work.glob("stall*")]


def _two_processes(folder: Path, port: int) -> float:
    """Images a second while both shards of a crawl are at it."""
    with emptied(folder / "run") as work:
        shards = ("shard=1/2", "shard=2/2")
        commands = [carscrape(work, port, _MANY, shard) for shard in shards]
        programs = [Program(c, folder / f"log{n}", {}) for n, c in enumerate(commands)]
        for program in programs:
            program.cost()
        times = [_ends(path) for path in sorted((work / "store" / "ledger").glob("*.sqlite"))]
    begin, end = max(shard[0] for shard in times), min(shard[-1] for shard in times)
    return sum(begin <= at <= end for shard in times for at in shard) / (end - begin)


def _ends(ledger: Path) -> list[float]:
    """When the images of a shard ended (Unix time), in order."""
    with closing(sqlite3.connect(ledger)) as connection:
        sql = "select fetched_at from image where outcome = 'stored' order by 1"
        return [at for (at,) in connection.execute(sql)]


def _section(rounds: dict[Downloader, Rounds], together: float) -> str:
    head = ["", "images per CPU-second", "least to most", f"wall, {_MANY:,} images", "peak memory"]
    ratios = [
        [f"ours to {d.name}", f"{rounds[OURS].rate / rounds[d].rate:.2f}", least]
        for d, least in _LEAST.items()
    ]
    bits = together * _IMAGE * 8 / 1e9
    return (
        circumstances("make bench", "img2dataset 1.47.0")
        + f"JPEGs of {_IMAGE // 1000} kB, each URL with bytes of its own, from 20 hosts of one "
        "loopback server, which runs on the same cores and is not counted. CPU: of "
        f"{_MANY:,} images less that of {_FEW:,}, divided by {_MANY - _FEW:,}; the median of "
        "interleaved rounds. Each stored every image, with as many contents.\n\n"
        + table(head, [_row(downloader, rounds[downloader]) for downloader in rounds])
        + "\n"
        + table(["images per CPU-second", "ratio", "wanted"], ratios)
        + f"\nTwo processes, a shard each, on two cores shared with the server: {together:,.0f} "
        f"images a second, {bits:.2f} Gbit/s (wanted: 1,100). The longest our event loop stood "
        f"still in a run: {rounds[OURS].stall * 1000:.0f} ms.\n"
    )


def _row(downloader: Downloader, rounds: Rounds) -> list[str]:
    wall = median(cost.wall for cost in rounds.many)
    return [
        downloader.name,
        f"{rounds.rate:.0f}",
        f"{min(rounds.marginal):.0f} to {max(rounds.marginal):.0f}",
        f"{wall:.0f} s",
        f"{max(cost.memory for cost in rounds.many) / 1e6:.0f} MB",
    ]
