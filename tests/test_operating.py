"""What programs that read a crawl's log are given: a JSON object a line, if they ask for it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.crawling import DemoWeb, crawl, recipe


def objects(log: str) -> list[dict[str, Any]]:
    """The lines of a log, each of which has to be a JSON object."""
    lines = [json.loads(line) for line in log.splitlines()]
    assert lines
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    return lines


def test_every_log_line_is_a_json_object(tmp_path: Path, demo_web: DemoWeb) -> None:
    words = recipe(tmp_path, "red ford")
    demo = demo_web(faults="none")
    code, output = crawl(
        "image_search", tmp_path / "s", words, f"demo_port={demo.port}", settings=("LOG_JSON=True",)
    )
    assert code == 0
    end = objects(output)[-1]
    assert (end["message"], end["exit_code"]) == ("image_search: finished", 0)
    assert end["summary"]["stored"] == 40


@pytest.mark.parametrize(
    ("store", "setting", "code"),
    [
        ("s", "RETRY_DELAY=soon", 2),
        ("s", "LOG_LEVEL=NOPE", 2),
        ("file/store", "LOG_LEVEL=INFO", 74),
    ],
)
def test_a_refused_start_is_a_json_object_too(
    tmp_path: Path, store: str, setting: str, code: int
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = ("LOG_JSON=True", setting)
    ended, output = crawl(
        "image_search", tmp_path / store, "engines=demo", "limit=1", settings=settings
    )
    *_, line = objects(output)
    assert ended == line["exit_code"] == code
    assert line["message"].startswith("scrapy crawl: ")


def test_a_crawl_of_ones_own_program_ends_with_its_summary(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    """From the start of the engine on; what Scrapy says before is its own."""
    given = {"engines": "demo", "limit": "1", "demo_port": str(demo_web(faults="none").port)}
    settings = {"STORE": str(tmp_path / "s"), "LOG_JSON": "True", "DOWNLOAD_DELAY": "0.001"}
    program = (
        "from scrapy.crawler import AsyncCrawlerProcess as Process\n"
        "from scrapy.utils.project import get_project_settings as project\n"
        f"settings = project()\nsettings.setdict({settings})\n"
        "process = Process(settings)\n"
        f"process.crawl('image_search', **{given})\n"
        "process.start()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert objects(done.stderr)[-1]["exit_code"] == 0


@pytest.mark.parametrize("level", ["", "LOG_LEVEL=INFO"])
def test_what_is_said_before_a_crawl_begins_is_json_too(
    tmp_path: Path, demo_web: DemoWeb, level: str
) -> None:
    """What is announced, and Scrapy's own lines, some of which have several."""
    words = recipe(tmp_path, "red ford")
    demo = demo_web(faults="none")
    settings = ("LOG_JSON=True", "ALLOW_PRIVATE_NETWORKS=10.9.0.0/16", *filter(None, [level]))
    code, output = crawl(
        "image_search", tmp_path / "s", words, f"demo_port={demo.port}", settings=settings
    )
    assert code == 0
    lines = objects(output)
    assert any("10.9.0.0/16" in line["message"] for line in lines if line["level"] == "WARNING")
    assert [line["exit_code"] for line in lines if "exit_code" in line] == [0]
    assert any("\n" in line["message"] for line in lines) == bool(level)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("LOG_JSON=maybe", "LOG_JSON: expected True or False, got 'maybe'"),
        ("LOG_STDOUT=maybe", "LOG_STDOUT: expected True or False, got 'maybe'"),
        (
            "LOG_LEVEL=NOPE",
            "LOG_LEVEL: expected DEBUG, INFO, WARNING, ERROR or CRITICAL, got 'NOPE'",
        ),
        ("LOG_FILE=/dev/null/log", "LOG_FILE: cannot write /dev/null/log: Not a directory"),
    ],
)
@pytest.mark.parametrize("command", ["crawl", "engines"])
def test_a_wrong_setting_of_the_log_is_one_line(setting: str, said: str, command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", command, "-s", setting],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout + done.stderr == f"scrapy {command}: setting {said}\n"


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_log_file_has_what_refused_the_crawl_as_well(tmp_path: Path, is_kept: bool) -> None:
    """Scrapyd shows that file alone."""
    log = tmp_path / "job.log"
    log.write_text("of an earlier job\n")
    settings = (f"LOG_FILE={log}", f"LOG_FILE_APPEND={is_kept}", "RETRY_DELAY=soon")
    code, output = crawl("image_search", tmp_path / "s", settings=settings)
    assert code == 2
    *kept, line = log.read_text("utf-8").splitlines()
    assert kept == ["of an earlier job"] * is_kept
    assert line.endswith(f"CRITICAL {output.rstrip()}")
    assert output == "scrapy crawl: setting RETRY_DELAY: expected seconds, got 'soon'\n"
