"""Crawls that are killed, resumed, and compared with one that was not."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, RunningDemo, start_demo
from tests.crawling import assert_quiet, command, crawl, wait_until_asked
from tests.surviving import check_asked, check_crashed, check_store, left_in, pages_of

KILLED = -9


@dataclass
class Undisturbed:
    """A crawl that was not killed, and one that was can be compared with."""

    spider: str
    mode: str
    arguments: tuple[str, ...]
    left: dict[str, Any]
    steps: dict[str, int]  # step -> how often it was reached
    pages: Counter[str]

    @property
    def moments(self) -> int:
        return sum(self.steps.values())

    @property
    def asks(self) -> int:
        return len(self.left["images"])


@contextmanager
def a_web(mode: str) -> Iterator[RunningDemo]:
    """A demo web for one crawl; a fixture would not do, for crawls run beside each other."""
    demo = start_demo(faults=mode)
    try:
        yield demo
    finally:
        demo.stop()


def undisturbed(folder: Path, spider: str, mode: str, *arguments: str) -> Undisturbed:
    trace = folder / "trace"
    with a_web(mode) as demo:
        asked = (spider, folder / "s", *arguments, f"demo_port={demo.port}")
        code, output = crawl(*asked, faults=(f"trace={trace}",))
        assert code == 0, output
        check_store(folder / "s")
        left = left_in(folder / "s", demo.port)
        steps = json.loads(trace.read_text())
        whole = Undisturbed(spider, mode, arguments, left, steps, pages_of(demo))
        check_asked(demo, folder / "s", whole.pages, 0)
    return whole


def killed(whole: Undisturbed, demo: RunningDemo, store: Path, moment: str) -> bool:
    """Crawl until killed: at a step for the n-th time, or after so many asks; whether it was."""
    asked = (whole.spider, store, *whole.arguments, f"demo_port={demo.port}")
    step, _, number = moment.rpartition(":")
    if step != "asks":
        code, output = crawl(*asked, faults=(f"kill={moment}",))
        assert code in (0, KILLED), output
        return code == KILLED
    line = command(*asked)
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        wait_until_asked(demo, sum(demo.asked().values()) + int(number), process)
        process.kill()
    return process.returncode == KILLED


def survive(whole: Undisturbed, folder: Path, *moments: str) -> int:
    """Kill a crawl at each moment, one run after the other, then let it end; how many hit."""
    with a_web(whole.mode) as demo:
        crashes = 0
        for moment in moments:
            crashes += killed(whole, demo, folder / "s", moment)
            check_crashed(folder / "s")
        asked = (whole.spider, folder / "s", *whole.arguments, f"demo_port={demo.port}")
        code, output = crawl(*asked)
        assert code == 0, output
        assert_quiet(output)
        check_store(folder / "s")
        left = left_in(folder / "s", demo.port)
        for part, expected in whole.left.items():
            assert left[part] == expected, f"{part} after {moments}"
        check_asked(demo, folder / "s", whole.pages, crashes)
    return crashes


def survive_at_least(least: int, whole: Undisturbed, folder: Path, *moments: str) -> int:
    """The same, but a crawl that ended before enough kills struck is tried again, struck sooner.

    How many moments a crawl has depends on its clock, which decides when rows are committed.
    """
    folder.mkdir()
    crashes = survive(whole, folder, *moments)
    sooner = tuple(map(_half_as_late, moments))
    if crashes >= least or sooner == moments:
        return crashes
    return survive_at_least(least, whole, folder / "sooner", *sooner)


def _half_as_late(moment: str) -> str:
    step, _, number = moment.rpartition(":")
    return f"{step}:{max(int(number) // 2, 1)}"


def survive_both(
    folder: Path, *cases: tuple[Undisturbed, tuple[str, ...]], least: int = 1
) -> Iterator[int]:
    """The same for two crawls beside each other, each with a web and a store of its own."""
    folders = [folder / str(number) for number in range(len(cases))]
    with ThreadPoolExecutor(len(cases)) as threads:
        jobs = [
            threads.submit(survive_at_least, least, whole, one, *moments)
            for one, (whole, moments) in zip(folders, cases, strict=True)
        ]
    return (job.result() for job in jobs)
