"""SIGINT and SIGTERM: one ends a crawl cleanly and soon, two end it at once, neither loses."""

import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, RunningDemo, start_demo
from tests.crawling import DemoWeb, assert_quiet, command, crawl, output_at_its_end, recipe, rows
from tests.surviving import check_asked, check_store, left_in, pages_of

pytestmark = pytest.mark.accepts("E04")
ENDLESS = ("DOWNLOAD_TIMEOUT=600", "DOWNLOAD_RATE_GRACE=600")


@dataclass
class Undisturbed:
    """A crawl that no signal met."""

    words: str
    left: dict[str, Any]
    pages: Counter[str]
    drip: str  # path of the image that comes a byte now and then


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("whole")
    words = recipe(folder, "black ford 141")  # its second image drips
    demo = start_demo(faults="hostile")
    try:
        assert crawl("image_search", folder / "s", words, f"demo_port={demo.port}")[0] == 0
        ((url,),) = rows(folder / "s", "select url from image where outcome = 'timeout'")
        left = left_in(folder / "s", demo.port)
        return Undisturbed(words, left, pages_of(demo), url.partition(f":{demo.port}")[2])
    finally:
        demo.stop()


def begin(
    whole: Undisturbed, store: Path, demo: RunningDemo, *settings: str
) -> "subprocess.Popen[str]":
    """Start a crawl and wait until the image that drips is in flight."""
    before = demo.asked().get(whole.drip, 0)
    arguments = command(
        "image_search",
        store,
        whole.words,
        f"demo_port={demo.port}",
        settings=(*ENDLESS, *settings),
    )
    process = subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while demo.asked().get(whole.drip, 0) == before:
        assert process.poll() is None, process.communicate()[1]
    return process


def end(whole: Undisturbed, store: Path, demo: RunningDemo) -> None:
    """Let a crawl go on after two that were stopped; it ends as one that was not."""
    code, output = crawl("image_search", store, whole.words, f"demo_port={demo.port}")
    assert code == 0, output
    assert_quiet(output)
    check_store(store)
    left = left_in(store, demo.port)
    for part, expected in whole.left.items():
        assert left[part] == expected, part
    check_asked(demo, store, whole.pages, 2)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_a_run_soon_and_the_next_goes_on(
    tmp_path: Path, demo_web: DemoWeb, whole: Undisturbed, kind: signal.Signals
) -> None:
    """A first run, and one that goes on; what drips would take for ever."""
    demo = demo_web(faults="hostile")
    for _ in range(2):
        with begin(whole, tmp_path / "s", demo, "STOP_GRACE=0.1") as process:
            process.send_signal(kind)
            output = output_at_its_end(process)
        assert process.returncode == 1, output
        assert_quiet(output)
    ended = rows(tmp_path / "s", "select reason, exit_code from run")
    assert ended == [("shutdown", 1)] * 2
    end(whole, tmp_path / "s", demo)


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_two_signals_end_a_run_at_once_and_the_next_goes_on(
    tmp_path: Path, demo_web: DemoWeb, whole: Undisturbed, kind: signal.Signals
) -> None:
    """A clean stop would take ten minutes here: it waits for what drips."""
    demo = demo_web(faults="hostile")
    for _ in range(2):
        with begin(whole, tmp_path / "s", demo, "STOP_GRACE=600") as process:
            output = _signal_until_it_ends(process, kind)
        assert process.returncode == 1, output
        assert "Traceback" not in output
    end(whole, tmp_path / "s", demo)


def _signal_until_it_ends(process: "subprocess.Popen[str]", kind: signal.Signals) -> str:
    """Two at once may be one to the process, so an impatient person sends some more."""
    for _ in range(100):
        process.send_signal(kind)
        try:
            return process.communicate(timeout=0.3)[1]
        except subprocess.TimeoutExpired:
            continue
    process.kill()
    raise AssertionError(process.communicate()[1])
