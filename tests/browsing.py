"""Crawls that browse, and the processes of their browsers, as the operating system lists them."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from tests.conftest import ROOT, RunningDemo
from tests.crawling import command, rows
from tests.listening import children

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no chromium is installed")
SLOW = "red ford slowscroll"  # 63 results, of which the last 13 come late
_MARK = "BROWSED_IN"  # variable of the environment, which all that a crawl starts inherits
_PATIENCE = 120.0  # seconds
_SECONDS_TO_END = 5.0


@dataclass
class Browsed:
    """How a crawl that may browse ended, and which browsers it had."""

    code: int = -1
    output: str = ""
    browsers: set[int] = field(default_factory=set)  # pids
    left: list[str] = field(default_factory=list)  # command lines of what still runs


def recipe(folder: Path, *words: str) -> str:
    """The argument that names a recipe of one query per word, all results wanted."""
    path = folder / "browsed.toml"
    path.write_text(
        'name = "browsed"\nper_query = 400\nengines = ["demo_browser"]\nphrases = ["{word}"]\n'
        f"[attributes]\nword = {json.dumps(words)}\n"
        "[filter]\ntop_k = 4\nmin_probability = 0.1\n"
        '[filter.synsets]\ncar = ["n04285008"]\n'
    )
    return f"recipe={path}"


def browse(
    folder: Path,
    *arguments: str,
    settings: tuple[str, ...] = (),
    faults: tuple[str, ...] = (),
    meanwhile: Callable[["subprocess.Popen[str]", Browsed], None] = lambda process, browsed: None,
) -> Browsed:
    """Run a crawl to its end; `meanwhile` is called again and again as long as it runs."""
    browsed = Browsed()
    asked = command("image_search", folder / "s", *arguments, settings=settings, faults=faults)
    with crawling(asked, folder) as process:
        end = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < end:
            browsed.browsers |= browsers_of(folder)
            meanwhile(process, browsed)
            time.sleep(0.2)
        process.kill()
        browsed.output = (folder / "output").read_text("utf-8")
        browsed.code = process.returncode
    browsed.left = left_of(folder)
    return browsed


@contextmanager
def crawling(asked: list[str], folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A crawl whose processes are marked."""
    environment = {**os.environ, _MARK: str(folder)}
    with (
        (folder / "output").open("w") as output,
        subprocess.Popen(
            asked, cwd=ROOT, env=environment, stdout=output, stderr=output, process_group=0
        ) as process,
    ):
        yield process  # type: ignore[misc]


def processes_of(folder: Path) -> dict[int, str]:
    """Pid -> command line of all that a crawl in this folder started, and of itself."""
    mark = f"{_MARK}={folder}".encode()
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
    return found


def browsers_of(folder: Path) -> set[int]:
    """Pids of the browsers proper: what Playwright's driver started."""
    drivers = [pid for pid, line in processes_of(folder).items() if "playwright/driver" in line]
    return {pid for driver in drivers for pid in children(driver)}


def left_of(folder: Path) -> list[str]:
    """What still runs a few seconds after a crawl in this folder ended: command lines."""
    end = time.monotonic() + _SECONDS_TO_END
    while (left := list(processes_of(folder).values())) and time.monotonic() < end:
        time.sleep(0.1)
    return left


def all_results(demo: RunningDemo, query: str) -> list[str]:
    """Every image of a query, as the demo's API lists them."""
    images: list[str] = []
    offset: int | None = 0
    while offset is not None:
        with urlopen(f"{demo.base}/api/images?q={quote(query)}&offset={offset}") as answer:
            found = json.load(answer)
        images += [result["image"] for result in found["results"]]
        offset = found["next"]
    return images


def found(store: Path, query: str) -> list[str]:
    sql = (
        "select image.url from result join image on image.id = result.image "
        "join page on page.id = result.page join query on query.id = page.query "
        "where text = '{}' order by rank"
    )
    return [url for (url,) in rows(store, sql.format(query))]


def pages(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    """Query -> verdict and detail of its page."""
    sql = "select text, verdict, detail from page join query on query.id = page.query"
    return {text: (verdict, detail) for text, verdict, detail in rows(folder / "s", sql)}


def assert_no_traceback(end: Browsed) -> None:
    assert "Traceback" not in end.output
    assert "never retrieved" not in end.output
