"""Our own network goes down: nobody is blamed, and nothing is lost."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.crawling import (
    DemoWeb,
    command,
    crawl,
    output_at_its_end,
    recipe,
    rows,
    wait_until_asked,
)
from tests.surviving import left_in


@pytest.mark.accepts("D08")
def test_a_network_that_goes_down_burns_no_url(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo, whole = demo_web(faults="none"), demo_web(faults="none")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(8)))
    assert crawl("image_search", tmp_path / "w", words, f"demo_port={whole.port}")[0] == 0
    gone = tmp_path / "gone"
    asked = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    arguments = command(*asked, settings=("PATIENCE=0.5",), faults=(f"network={gone}",))
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        wait_until_asked(demo, 120, process)
        gone.touch()
        output = output_at_its_end(process)
    assert process.returncode == 75, output
    assert "nobody answers, not even http://127.0.0.1" in output
    assert "the network here is down" in output
    assert "Traceback" not in output
    assert rows(tmp_path / "s", "select reason, exit_code from run") == [("local_fault", 75)]
    blamed = rows(tmp_path / "s", "select url, outcome, tries from image where outcome != 'stored'")
    assert blamed == []
    code, output = crawl(*asked)
    assert code == 0, output
    assert left_in(tmp_path / "s", demo.port) == left_in(tmp_path / "w", whole.port)
    assert rows(tmp_path / "s", "select max(tries) from image") == [(1,)]


@pytest.mark.accepts("D08")
def test_a_network_that_comes_back_is_waited_for(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(8)))
    gone = tmp_path / "gone"
    arguments = command(
        "image_search",
        tmp_path / "s",
        words,
        f"demo_port={demo.port}",
        settings=("PATIENCE=20",),
        faults=(f"network={gone}",),
    )
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        wait_until_asked(demo, 120, process)
        gone.touch()
        assert process.stderr
        told = next(line for line in process.stderr if "nobody answers" in line)
        assert "waiting 20 s" in told
        gone.unlink()
        output = output_at_its_end(process)
    assert process.returncode == 0, output
    assert "the network is back" in output
    ended = rows(tmp_path / "s", "select outcome, tries, count(*) from image group by 1, 2")
    assert ended == [("stored", 1, 320)]


@pytest.mark.accepts("D08")
def test_a_crawl_that_starts_without_a_network_says_so(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    gone = tmp_path / "gone"
    gone.touch()
    asked = ("image_search", tmp_path / "s", recipe(tmp_path, "red ford"))
    code, output = crawl(
        *asked, f"demo_port={demo.port}", settings=("PATIENCE=0.5",), faults=(f"network={gone}",)
    )
    assert code == 75, output
    assert "Traceback" not in output
    assert rows(tmp_path / "s", "select verdict, tries from page") == [(None, 0)]
    assert crawl(*asked, f"demo_port={demo.port}")[0] == 0


@pytest.mark.accepts("D08")
def test_an_engine_that_is_down_alone_is_no_local_fault(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    asked = ("image_search", tmp_path / "s", recipe(tmp_path, "red ford"))
    demo.stop()
    code, output = crawl(*asked, f"demo_port={demo.port}")
    assert code == 1, output  # its machine refuses the connection: so a machine answers
    assert rows(tmp_path / "s", "select verdict from page") == [("failed",)]
