"""The crawl of a rehearsal: two shards at once against the demo web, one of them killed once."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.bench.rehearsal_job import SHARDS, Job
from tests.bench.rehearsal_record import Figures
from tests.bench.resident import SECONDS, Resident, Watched

# The demo web is ours, and its hosts are one process: so each is asked as fast as it answers.
SETTINGS = ("DOWNLOAD_DELAY=0.01", "RETRY_DELAY=1", "DOWNLOAD_TIMEOUT=10")
_KILLED = 1  # shard
_KILLED_AT = 1 / 3  # of its result pages
_REPORT_SECONDS = 30.0
_SERVES = "demo web on http://"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Crawled:
    """What the crawl took: each run of a shard by its name, and the demo web beside them."""

    runs: dict[str, Resident]
    demo: Resident
    ended_at_kill: int  # images of all shards
    wall: float  # seconds

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """From `asdict` of one."""
        runs = {name: Resident(**run) for name, run in figures["runs"].items()}
        return cls(**{**figures, "runs": runs, "demo": Resident(**figures["demo"])})


def crawl(job: Job, say: Say) -> Crawled:
    """Crawl it all, with a kill -9 on the way.

    Raises:
        BenchError: a program failed, or a shard ended before it could be killed.
    """
    began, pages = time.monotonic(), job.pages(_KILLED)
    with _demo_web(job) as (demo, port), ExitStack() as stack:

        def start(shard: int, log: str) -> Watched:
            return stack.enter_context(Watched(_command(job, shard, port), job.log(log)))

        first, *others = (start(n, f"crawl-{n}") for n in range(1, SHARDS + 1))
        _look_until(
            lambda: job.pages_asked(_KILLED) >= pages * _KILLED_AT or not first.look(),
            [demo, *others],
            lambda: say(f"crawl: {job.images_ended():,} images have ended"),
        )
        first.end(signal.SIGKILL)
        runs = {"crawl, shard 1, to its kill -9": first.taken((-signal.SIGKILL,))}
        ended = job.images_ended()
        say(f"shard 1 killed when {ended:,} images had ended; started again")
        again = start(_KILLED, "crawl-1-again")
        _look_until(
            lambda: sum(program.look() for program in (again, *others)) == 0,
            [demo],
            lambda: say(f"crawl: {job.images_ended():,} images have ended"),
        )
        runs["crawl, shard 1, started again"] = again.taken()
        runs |= {f"crawl, shard {n}": other.taken() for n, other in enumerate(others, 2)}
        wall = time.monotonic() - began
        demo.end(signal.SIGTERM)
    return Crawled(runs, demo.taken(), ended, wall)


def _look_until(
    holds: Callable[[], bool], programs: Sequence[Watched], report: Callable[[], None]
) -> None:
    """Look at programs until something holds; report now and then."""
    reported = time.monotonic()
    while not holds():
        for program in programs:
            program.look()
        if time.monotonic() - reported > _REPORT_SECONDS:
            reported = time.monotonic()
            report()
        time.sleep(SECONDS)


def _command(job: Job, shard: int, port: int) -> list[str | Path]:
    arguments = (
        f"recipe={job.recipe}",
        "engines=demo",
        f"demo_port={port}",
        f"limit={job.queries}",
        f"shard={shard}/{SHARDS}",
    )
    given = [text for argument in arguments for text in ("-a", argument)]
    chosen = [text for one in (*SETTINGS, f"STORE={job.store.root}") for text in ("-s", one)]
    return [sys.executable, "-m", "scrapy", "crawl", "image_search", *given, *chosen]


@contextmanager
def _demo_web(job: Job) -> Iterator[tuple[Watched, int]]:
    """A demo web with realistic faults, and its port."""
    log = job.log("demo")
    command = [sys.executable, "-u", "-m", "carscrape.demo", "--faults", "realistic"]
    with Watched(command, log) as program:
        while program.look() and _SERVES not in log.read_text("utf-8"):
            time.sleep(SECONDS)
        if not program.look():
            program.taken(())
        yield program, int(log.read_text("utf-8").rpartition(":")[2])
