import os
import pty
import re
import subprocess
import sys

from rich.progress import Progress

from postprocess.progress import RateColumn
from tests.conftest import ROOT

THREE_BATCHES = """\
from postprocess.progress import bar
with bar("verify", 90) as advance:
    for _ in range(3):
        advance(30)
"""


def test_the_rate_is_that_of_late_and_in_the_end_that_of_all() -> None:
    clock = [0.0]
    column = RateColumn()
    progress = Progress(get_time=lambda: clock[0])
    task = progress.add_task("verify", total=5000)
    said = [column.render(progress.tasks[0]).plain]
    for _ in range(2):
        clock[0] += 1
        progress.advance(task, 2500)
        said.append(column.render(progress.tasks[0]).plain)
    assert said == ["", "", "2,500/s"]


def shown(terminal: bool) -> str:
    """What a stage at work writes to stderr."""
    ours, theirs = pty.openpty() if terminal else os.pipe()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    for name in ("TTY_COMPATIBLE", "FORCE_COLOR"):
        environment.pop(name, None)
    subprocess.run(
        [sys.executable, "-c", THREE_BATCHES],
        cwd=ROOT,
        env=environment,
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    os.close(theirs)
    written = b""
    while chunk := read(ours):
        written += chunk
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.decode())


def read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how a terminal says that nobody writes any more
        return b""


def test_a_terminal_shows_how_many_how_fast_and_how_long() -> None:
    said = shown(terminal=True)
    assert re.search(r"verify .* 0/90 .*-:--:--", said)
    assert re.search(r"verify .* 90/90 +[\d,]+/s +0:00:0\d", said)


def test_elsewhere_nothing_is_said() -> None:
    assert shown(terminal=False) == ""
