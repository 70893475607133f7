"""Runs programs and says what they cost and what they left."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


class BenchError(Exception):
    """The benchmark cannot go on; the text is for people."""


@dataclass(frozen=True)
class Cost:
    """What a program took, the children it waited for included."""

    cpu: float  # seconds, user and system
    wall: float  # seconds
    memory: int  # bytes resident at the peak of its largest process


class Program:
    """A program that runs; its output goes into a file."""

    def __init__(
        self, command: Sequence[str | Path], log: Path, environment: Mapping[str, str]
    ) -> None:
        self._log = log
        self._began = time.monotonic()
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, **environment}
            )

    def cost(self, ends_with: int = 0) -> Cost:
        """Wait for its end.

        Raises:
            BenchError: it ended with another exit code.
        """
        # Not Popen.wait: it keeps nothing of what the process took.
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = code = os.waitstatus_to_exitcode(status)
        if code != ends_with:
            raise BenchError(f"exit code {code}, see {self._log}")
        wall = time.monotonic() - self._began
        unit = 1 if sys.platform == "darwin" else 1024
        return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * unit)


@contextmanager
def web(size: int, *options: str) -> Iterator[int]:
    """A web with images of `size` bytes, for as long as the context lasts; gives its port."""
    command = [sys.executable, "-m", "tests.bench.web", str(size), *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.communicate()


@contextmanager
def emptied(folder: Path) -> Iterator[Path]:
    """A folder that begins and ends empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def stored(folder: Path) -> tuple[int, int]:
    """JPEGs under a folder, and how many contents they have."""
    # In a process of its own: a program's peak begins with what this one has resident.
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(_stored, folder).result()


def _stored(folder: Path) -> tuple[int, int]:
    digests = [hashlib.sha256(path.read_bytes()).digest() for path in folder.rglob("*.jpg")]
    return len(digests), len(set(digests))


def need_room(folder: Path, size: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises:
        BenchError: less than `size` bytes are free.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < size:
        raise BenchError(
            f"{folder} has {free / 1e9:.1f} GB free and {size / 1e9:.1f} are needed: "
            "free some, or name another folder with --folder"
        )
