"""What a program's processes have resident at their peaks, and what they take (Linux)."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.measure import ROOT, BenchError

SECONDS = 0.1  # between two looks


@dataclass(frozen=True)
class Resident:
    """Bytes at the peak, and how long the program took (seconds)."""

    parent: int
    largest_child: int
    together: int  # of all its processes at one look; pages they share count in each
    wall: float
    cpu: float  # of it and the children it waited for


class Watched:
    """A program that runs and is looked at; its output goes into a file.

    The peaks are the system's own, read again and again: getrusage's begin with those of the
    process that started the one that is asked for.
    """

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self._log = log
        self._began = time.monotonic()
        self._peaks: dict[int, int] = {}
        self._together = 0
        self._taken: Resident | None = None
        with log.open("w") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=output, stderr=output
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.end(signal.SIGKILL)
        assert self._process.stdin
        self._process.stdin.close()

    def look(self) -> bool:
        """Note what is resident now; False once the program has ended."""
        if self._taken is None and not self._reaped(os.WNOHANG):
            sizes = {pid: _sizes(pid) for pid in (self._process.pid, *_children(self._process.pid))}
            for pid, (peak, _) in sizes.items():
                self._peaks[pid] = max(peak, self._peaks.get(pid, 0))
            self._together = max(self._together, sum(now for _, now in sizes.values()))
        return self._taken is None

    def end(self, number: signal.Signals) -> None:
        """Send a signal and wait for its end, unless it has ended."""
        if self._taken is None:
            os.kill(self._process.pid, number)
            self._reaped(0)

    def taken(self, ends_with: Sequence[int] = (0,)) -> Resident:
        """What the program took, which has ended.

        Raises:
            BenchError: it ended with another exit code.
        """
        assert self._taken
        if self._process.returncode not in ends_with:
            raise BenchError(f"exit code {self._process.returncode}, see {self._log}")
        return self._taken

    def _reaped(self, options: int) -> bool:
        # Not Popen.poll: it keeps nothing of what the process took.
        pid, status, used = os.wait4(self._process.pid, options)
        if not pid:
            return False
        self._process.returncode = os.waitstatus_to_exitcode(status)
        parent = self._peaks.pop(self._process.pid, 0)
        child = max(self._peaks.values(), default=0)
        wall, cpu = time.monotonic() - self._began, used.ru_utime + used.ru_stime
        self._taken = Resident(parent, child, self._together, wall, cpu)
        return True


def resident(command: Sequence[str | Path], log: Path, ends_with: Sequence[int] = (0,)) -> Resident:
    """Run a program to its end.

    Raises:
        BenchError: it ended with another exit code.
    """
    with Watched(command, log) as program:
        while program.look():
            time.sleep(SECONDS)
        return program.taken(ends_with)


def _children(pid: int) -> list[int]:
    """Those of a process, and theirs; none of one that has ended."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        found = [int(child) for file in files for child in file.read_text().split()]
    except OSError:
        return []
    return found + [below for child in found for below in _children(child)]


def _sizes(pid: int) -> tuple[int, int]:
    """Bytes resident at the peak of a process, and now; none of one that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    fields = dict(line.split(":", 1) for line in lines)
    # One that has ended and is not waited for yet has neither.
    peak, now = (int(fields.get(name, "0").split()[0]) for name in ("VmHWM", "VmRSS"))
    return peak * 1024, now * 1024
