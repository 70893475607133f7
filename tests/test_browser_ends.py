"""Browsers that do not start, are killed, or whose crawl is ended: nothing is lost or left."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.browsing import (
    SLOW,
    Browsed,
    all_results,
    assert_no_traceback,
    browse,
    browsers_of,
    found,
    needs_chromium,
    recipe,
)
from tests.crawling import DemoWeb, assert_quiet, rows


@needs_chromium
def test_a_browser_that_does_not_start_ends_the_run(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    asked = (recipe(tmp_path, "red ford", "red kia"), f"demo_port={demo.port}")
    end = browse(tmp_path, *asked, settings=("CHROMIUM=/bin/false",))
    assert end.code == 1
    assert end.output.count("the browser does not start: ") == 1
    assert_no_traceback(end)
    assert rows(tmp_path / "s", "select verdict, tries from page") == [(None, 0)] * 2
    assert end.left == []


@needs_chromium
def test_a_browser_that_is_killed_costs_pages_that_are_asked_again(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    demo = demo_web(faults="realistic")
    killed: list[int] = []

    def kill(process: "subprocess.Popen[str]", browsed: Browsed) -> None:
        if not killed and f"/browser/results?q={SLOW.replace(' ', '+')}" in demo.asked():
            killed.extend(browsers_of(tmp_path))
            for browser in killed:
                os.kill(browser, signal.SIGKILL)

    asked = (recipe(tmp_path, SLOW), f"demo_port={demo.port}")
    end = browse(tmp_path, *asked, meanwhile=kill)
    assert end.code == 0, end.output
    assert_no_traceback(end)
    assert found(tmp_path / "s", SLOW) == all_results(demo, SLOW)
    assert len(end.browsers) == 2
    assert rows(tmp_path / "s", "select tries from page") == [(2,)]
    assert end.left == []


@needs_chromium
@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_browsing_soon_and_leaves_no_process(
    tmp_path: Path, demo_web: DemoWeb, kind: signal.Signals
) -> None:
    """SIGINT as by Ctrl-C, which the whole group of processes gets."""
    demo = demo_web(faults="realistic")
    sent: list[int] = []

    def send(process: "subprocess.Popen[str]", browsed: Browsed) -> None:
        if not sent and f"/browser/results?q={SLOW.replace(' ', '+')}" in demo.asked():
            sent.append(process.pid)
            (os.killpg if kind == signal.SIGINT else os.kill)(process.pid, kind)

    asked = (recipe(tmp_path, SLOW), f"demo_port={demo.port}")
    end = browse(
        tmp_path, *asked, settings=("STOP_GRACE=0.1", "BROWSER_TIMEOUT=600"), meanwhile=send
    )
    assert end.code == (-signal.SIGKILL if kind == signal.SIGKILL else 1)
    assert_quiet(end.output)
    assert end.browsers
    assert end.left == []
    assert rows(tmp_path / "s", "select verdict, tries from page") == [(None, 0)]
