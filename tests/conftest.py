"""Fixtures that more than one part of the tests uses."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from hypothesis import settings

from tests.acceptance import (  # noqa: F401 - hooks of pytest
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_configure_node,
    pytest_report_header,
    pytest_runtest_logreport,
    pytest_sessionfinish,
)

ROOT = Path(__file__).parents[1]
settings.register_profile("any clock", deadline=None)  # a machine may be busy
settings.load_profile("any clock")
BUILD = [sys.executable, "-W", "ignore", "setup.py", "--quiet", "bdist_egg", "--dist-dir"]


@dataclass
class RunningDemo:
    """A demo web in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self) -> dict[str, int]:
        """URL path -> how often it was asked."""
        with urlopen(f"{self.base}/_asked") as answer:
            counts: dict[str, int] = json.load(answer)
        return counts

    def stop(self) -> int:
        """End it as its parent's end would; its exit code."""
        self.process.communicate()
        return self.process.returncode

    def kill(self) -> None:
        """End it with no chance to tidy up."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def start_demo(module: str = "carscrape.demo", **options: Any) -> RunningDemo:
    """Start one; options as on its command line, e.g. `faults="none", photos=folder`."""
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        process.communicate()
        pytest.fail(f"the demo web ended with exit code {process.returncode}")
    return RunningDemo(process, int(line.rpartition(":")[2]))


@pytest.fixture
def demo_web() -> Iterator[Callable[..., RunningDemo]]:
    """A function that starts a demo web, which ends with the test."""
    with ExitStack() as stack:

        def start(**options: Any) -> RunningDemo:
            demo = start_demo(**options)
            stack.callback(demo.stop)
            return demo

        yield start


@pytest.fixture(scope="session")
def hostile_web() -> Iterator[RunningDemo]:
    """One demo web with every fault, shared by all tests that only read."""
    demo = start_demo(faults="hostile")
    yield demo
    demo.stop()


def copy_project(tree: Path) -> None:
    """Put what an egg is built of into a folder."""
    for name in ("carscrape", "postprocess"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)


def build_egg(tree: Path) -> bytes:
    """The project as it is deployed, from a copy of it."""
    subprocess.run([*BUILD, "built"], cwd=tree, check=True, capture_output=True)
    (built,) = (tree / "built").glob("*.egg")
    return built.read_bytes()


@pytest.fixture(scope="session")
def egg(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The project as it is deployed."""
    tree = tmp_path_factory.mktemp("tree")
    copy_project(tree)
    return build_egg(tree)
