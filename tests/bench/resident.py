"""What a program's processes have resident at their peaks (Linux)."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import ROOT, BenchError

_SECONDS = 0.1  # between two looks


@dataclass(frozen=True)
class Resident:
    """Bytes at the peak, and how long the program took (seconds)."""

    parent: int
    largest_child: int
    wall: float


def resident(command: Sequence[str | Path], log: Path, ends_with: Sequence[int] = (0,)) -> Resident:
    """Run a program to its end; its output goes into `log`.

    The peaks are the system's own, read again and again: getrusage's begin with those of the
    process that started the one that is asked for.

    Raises:
        BenchError: it ended with another exit code.
    """
    began, peaks = time.monotonic(), dict[int, int]()
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output) as process,
    ):
        while process.poll() is None:
            for pid in (process.pid, *_children(process.pid)):
                peaks[pid] = max(_peak(pid), peaks.get(pid, 0))
            time.sleep(_SECONDS)
    if process.returncode not in ends_with:
        raise BenchError(f"exit code {process.returncode}, see {log}")
    parent = peaks.pop(process.pid)
    return Resident(parent, max(peaks.values(), default=0), time.monotonic() - began)


def _children(pid: int) -> list[int]:
    """Those of a process, and theirs; none of one that has ended."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        found = [int(child) for file in files for child in file.read_text().split()]
    except OSError:
        return []
    return found + [below for child in found for below in _children(child)]


def _peak(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
