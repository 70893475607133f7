"""A disk that is full, broken or read-only: exit code 74, one line that names the path, no loss.

Once there is room again a run ends as one that never saw the trouble. `--torture` lets every
write of every kind fail; some by the real thing, a small file system of its own.
"""

import os
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import ROOT, RunningDemo, start_demo
from tests.crawling import DemoWeb, command, crawl, recipe
from tests.faulty.steps import BEFORE
from tests.surviving import check_store, left_in

pytestmark = pytest.mark.accepts("E05")
WORDS = ("throttleonce white ford 9", "nothingme")


def can_mount() -> bool:
    tried = subprocess.run(["unshare", "-m", "true"], capture_output=True)
    return os.geteuid() == 0 and tried.returncode == 0


own_mounts = pytest.mark.skipif(not can_mount(), reason="needs root, to mount a file system")


def arguments(folder: Path, demo: RunningDemo) -> tuple[Any, ...]:
    words, port = recipe(folder, *WORDS), f"demo_port={demo.port}"
    return ("image_search", folder / "s", words, port, "per_query=55")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a crawl leaves that saw no trouble."""
    folder = tmp_path_factory.mktemp("whole")
    demo = start_demo(faults="realistic")
    try:
        assert crawl(*arguments(folder, demo))[0] == 0
        return left_in(folder / "s", demo.port)
    finally:
        demo.stop()


def assert_stopped(code: int, output: str, store: Path) -> None:
    """Stopped for the store's sake, said once and in one line."""
    assert code == 74, output
    assert "Traceback" not in output, output
    errors = [line for line in output.splitlines() if "cannot" in line]
    assert len(errors) == 1, output
    assert str(store) in errors[0], output


def assert_goes_on(folder: Path, demo: RunningDemo, whole: dict[str, Any]) -> None:
    code, output = crawl(*arguments(folder, demo))
    assert code == 0, output
    check_store(folder / "s")
    left = left_in(folder / "s", demo.port)
    for part, expected in whole.items():
        assert left[part] == expected, part


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "write" in metafunc.fixturenames:
        every = [
            f"{error}:{step}:{number}"
            for step in BEFORE
            for error, number in (("ENOSPC", 1), ("EIO", 2 if step in _OFTEN else 1))
        ]
        sample = Random(metafunc.config.option.seed).sample(every, 6)
        metafunc.parametrize("write", every if metafunc.config.option.torture else sample)


_OFTEN = ("image/half-written", "image/opened", "images/before-commit", "page/within")


def test_a_write_that_fails_stops_the_crawl_and_loses_nothing(
    tmp_path: Path, demo_web: DemoWeb, whole: dict[str, Any], write: str
) -> None:
    demo = demo_web(faults="realistic")
    code, output = crawl(*arguments(tmp_path, demo), faults=(f"disk={write}",))
    assert_stopped(code, output, tmp_path / "s")
    assert_goes_on(tmp_path, demo, whole)


def mounted(folder: Path, how: str, *line: str) -> "subprocess.Popen[str]":
    """A process that alone sees what is mounted at the folder."""
    shell = ["unshare", "-m", "sh", "-c", f'{how} && exec "$@"', str(folder), *line]
    return subprocess.Popen(shell, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def read_only(folder: Path) -> str:
    return f"mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}'"


@own_mounts
@pytest.mark.parametrize("kilobytes", [0, 40, 400])
def test_a_disk_that_is_really_full(
    tmp_path: Path, demo_web: DemoWeb, whole: dict[str, Any], kilobytes: int
) -> None:
    """Full from the start, while the ledger is made, and while images come."""
    demo = demo_web(faults="realistic")
    store = tmp_path / "s"
    store.mkdir()
    fill = "" if kilobytes else f" && head -c 8192 /dev/zero > '{store}/filling' || true"
    how = f"mount -t tmpfs -o size={kilobytes or 4}k tmpfs '{store}'{fill}"
    with mounted(store, how, *command(*arguments(tmp_path, demo))) as process:
        output = process.communicate(timeout=60)[1]
    assert_stopped(process.returncode, output, store)
    assert list(store.iterdir()) == []
    fresh = demo_web(faults="realistic")
    assert_goes_on(tmp_path, fresh, whole)


@own_mounts
def test_a_store_that_is_read_only_is_refused_at_start(
    tmp_path: Path, demo_web: DemoWeb, whole: dict[str, Any]
) -> None:
    demo = demo_web(faults="realistic")
    store = tmp_path / "s"
    store.mkdir()
    for _ in range(2):  # an empty store, and one that was crawled
        line = command(*arguments(tmp_path, demo))
        with mounted(store, read_only(store), *line) as process:
            output = process.communicate(timeout=60)[1]
        assert_stopped(process.returncode, output, store)
        assert output.count("\n") == 1, output
        assert_goes_on(tmp_path, demo, whole)


@pytest.mark.parametrize("step", ["image/before-opening:20", "images/before-commit:3"])
def test_a_store_that_turns_read_only_stops_the_crawl(
    tmp_path: Path, demo_web: DemoWeb, whole: dict[str, Any], step: str
) -> None:
    """By a fault: no mount can be made read-only while a ledger is open for writing."""
    demo = demo_web(faults="realistic")
    code, output = crawl(*arguments(tmp_path, demo), faults=(f"disk=EROFS:{step}",))
    assert_stopped(code, output, tmp_path / "s")
    assert_goes_on(tmp_path, demo, whole)
