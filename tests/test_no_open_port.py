"""A crawl opens no port, as the operating system lists them."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crawling import DemoWeb, command, recipe
from tests.listening import children, listening

PATIENCE = 60.0  # seconds


@pytest.mark.accepts("I05")
@pytest.mark.parametrize("spider", ["image_search", "hitcounts"])
@pytest.mark.parametrize("own_demo", [False, True])
def test_no_port_is_opened(tmp_path: Path, demo_web: DemoWeb, spider: str, own_demo: bool) -> None:
    """Watched from start to end; the demo web that it starts listens, on loopback only."""
    words = [recipe(tmp_path, "red ford")] if spider == "image_search" else ["engines=demo"]
    demo = [] if own_demo else [f"demo_port={demo_web().port}"]
    code, own, of_children = watched(command(spider, tmp_path / "s", *words, "limit=10", *demo))
    assert code in (0, 1)
    assert own == set()
    assert bool(of_children) == own_demo
    assert all(re.match(r"tcp 127\.", socket) for socket in of_children), of_children


@pytest.mark.parametrize("setting", ["TELNETCONSOLE_ENABLED=1", "REMOTE_CONTROL_ENABLED=1"])
def test_a_port_would_be_seen(tmp_path: Path, demo_web: DemoWeb, setting: str) -> None:
    words, demo = recipe(tmp_path, "red ford"), demo_web(faults="none")
    asked = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    arguments = command(*asked, settings=(setting,))
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        while not (seen := listening(process.pid)) and process.poll() is None:
            time.sleep(0.005)
        process.kill()
    assert seen


def watched(arguments: list[str]) -> tuple[int, set[str], set[str]]:
    """A crawl's exit code, and all that it, and that its child processes, ever listened on."""
    own: set[str] = set()
    of_children: set[str] = set()
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + PATIENCE
        while process.poll() is None:
            if time.monotonic() > end:
                process.kill()
            own |= listening(process.pid)
            for child in children(process.pid):
                of_children |= listening(child)
            time.sleep(0.005)
    return process.returncode, own, of_children
