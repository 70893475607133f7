"""One writer per store; a lock that a dead one left is no obstacle, and readers are none."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crawling import DemoWeb, command, crawl, recipe, rows, wait_until_asked
from tests.surviving import check_store

pytestmark = pytest.mark.accepts("E07")
SLOW = ("DOWNLOAD_DELAY=5",)


def test_a_second_crawl_into_a_store_is_refused(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(8)))
    arguments = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    slow = command(*arguments, settings=SLOW)
    with subprocess.Popen(slow, cwd=ROOT, stderr=subprocess.DEVNULL) as first:
        wait_until_asked(demo, 20, first)
        code, output = crawl(*arguments)
        first.kill()
    assert code == 74
    assert f"is being written by process {first.pid} on {socket.gethostname()}" in output
    assert output.count("\n") == 1, output


@pytest.mark.parametrize("owner", ["the dead one", "a living one", "torn", ""])
def test_the_lock_of_a_killed_crawl_is_taken_over(
    tmp_path: Path, demo_web: DemoWeb, owner: str
) -> None:
    """Whatever its file says: its number may by now be that of another process."""
    demo = demo_web(faults="none")
    arguments = ("image_search", tmp_path / "s", recipe(tmp_path, "red ford"))
    port = f"demo_port={demo.port}"
    assert crawl(*arguments, port, faults=("kill=images/before-commit:1",))[0] == -signal.SIGKILL
    lock = tmp_path / "s" / "ledger" / "all.lock"
    assert "process" in lock.read_text()
    living = f"process {os.getpid()} on {socket.gethostname()}"
    left = {"a living one": living, "torn": "proc", "": ""}
    if owner in left:
        lock.write_text(left[owner])
    code, output = crawl(*arguments, port)
    assert code == 0, output
    assert rows(tmp_path / "s", "select outcome, count(*) from image") == [("stored", 40)]


def test_a_store_can_be_read_while_it_is_crawled(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(4)))
    arguments = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    slow = command(*arguments, settings=SLOW)
    with subprocess.Popen(slow, cwd=ROOT, stderr=subprocess.DEVNULL) as crawling:
        wait_until_asked(demo, 20, crawling)
        status = [sys.executable, "-m", "postprocess", "status", str(tmp_path / "s"), "--json"]
        done = subprocess.run(status, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert crawling.poll() is None
        crawling.kill()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["urls"] >= 40
    assert crawl(*arguments)[0] == 0
    check_store(tmp_path / "s")
