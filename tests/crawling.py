"""Whole crawls in processes of their own, and what they left in their store."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, RunningDemo

SETTINGS = ("DOWNLOAD_DELAY=0.001", "RETRY_DELAY=0.05", "DOWNLOAD_TIMEOUT=6", "PATIENCE=5")

DemoWeb = Callable[..., RunningDemo]


def command(
    spider: str,
    store: Path,
    *arguments: str,
    settings: tuple[str, ...] = (),
    faults: tuple[str, ...] = (),
) -> list[str]:
    """The command line of a crawl; `faults` as NAME=ARGUMENT, see tests/faulty."""
    given = [text for argument in arguments for text in ("-a", argument)]
    chosen = [text for one in (*SETTINGS, *settings, f"STORE={store}") for text in ("-s", one)]
    scrapy = ["-m", "tests.faulty", *faults, "--"] if faults else ["-m", "scrapy"]
    return [sys.executable, *scrapy, "crawl", spider, *given, *chosen]


def crawl(spider: str, store: Path, *arguments: str, **more: Any) -> tuple[int, str]:
    """Run a crawl to its end; exit code and all it printed."""
    done = subprocess.run(
        command(spider, store, *arguments, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def rows(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """What the ledger of an unsharded store answers."""
    with closing(sqlite3.connect(store / "ledger" / "all.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def recipe(folder: Path, *words: str) -> str:
    """The argument that names a recipe, made here, with one query per word."""
    path = folder / "words.toml"
    path.write_text(
        'name = "words"\nper_query = 40\nengines = ["demo"]\nphrases = ["{word}"]\n'
        f"[attributes]\nword = {json.dumps(words)}\n"
        "[filter]\ntop_k = 4\nmin_probability = 0.1\n"
        '[filter.synsets]\ncar = ["n04285008"]\n'
    )
    return f"recipe={path}"


def assert_quiet(output: str) -> None:
    """Nothing in a crawl's output that a user must not see."""
    assert "Traceback" not in output
    assert "ERROR" not in output
    assert "Warning" not in output


def output_at_its_end(process: "subprocess.Popen[str]") -> str:
    """Wait for a crawl that should end soon."""
    try:
        return process.communicate(timeout=30)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def wait_until_asked(demo: RunningDemo, requests: int, process: subprocess.Popen[Any]) -> None:
    """Wait until the demo web saw so many requests, or the crawl ended."""
    while process.poll() is None and sum(demo.asked().values()) < requests:
        time.sleep(0.01)
