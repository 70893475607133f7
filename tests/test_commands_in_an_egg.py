"""The commands as a Scrapyd host has them: from a zipped egg alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carscrape.engines.base import engine_names
from tests.crawling import SETTINGS, rows

pytestmark = pytest.mark.accepts("I07")
NO_STORE = (
    "scrapy crawl: no store is named: set CARSCRAPE_STORE where Scrapyd starts, "
    "or schedule the job with setting=STORE=DIR\n"
)


@pytest.fixture
def host(tmp_path: Path, egg: bytes) -> Path:
    """A folder that Scrapyd's runner finds the project's egg in, and nothing else."""
    folder = tmp_path / "host"
    (folder / "eggs" / "carscrape").mkdir(parents=True)
    (folder / "eggs" / "carscrape" / "1.egg").write_bytes(egg)
    return folder


def run(host: Path, *arguments: str, errors: str = "", store: str = "") -> tuple[int, str]:
    """Exit code and output; what it complains of has to be told before."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CARSCRAPE_")}
    named = {"CARSCRAPE_STORE": store} if store else {}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "scrapyd.runner", *arguments],
        cwd=host,
        env={**environment, **named, "SCRAPY_PROJECT": "carscrape"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == errors
    assert [path.name for path in host.iterdir()] == ["eggs"]
    return done.returncode, done.stdout


def test_engines_are_listed(host: Path) -> None:
    code, out = run(host, "engines", "--json")
    assert code == 0
    assert [one["name"] for one in json.loads(out)] == engine_names()


def test_engines_are_checked(host: Path) -> None:
    code, out = run(host, "engines", "--check", "demo")
    assert (code, out) == (0, "demo: works, 50 results with 50 sizes; hits: works, 4,900\n")


def test_a_crawl_is_planned(host: Path) -> None:
    code, out = run(host, "plan", "-a", "recipe=dogs", "-a", "engines=demo", "--json")
    assert code == 0
    assert json.loads(out)["recipe"] == "dogs"


@pytest.mark.accepts("I06")
def test_a_crawl_whose_store_nobody_named_is_refused(host: Path, tmp_path: Path) -> None:
    """`run` sees that it made no ./store either."""
    log = tmp_path / "job.log"
    crawl = ("crawl", "image_search", "-a", "engines=demo", "-s", f"LOG_FILE={log}")
    assert run(host, *crawl, "-s", "LOG_JSON=True", errors=NO_STORE) == (2, "")
    line = json.loads(log.read_text("utf-8"))
    assert (line["message"], line["exit_code"]) == (NO_STORE.rstrip(), 2)


@pytest.mark.parametrize("is_setting", [True, False])
def test_a_crawl_into_a_named_store_logs_json_alone(
    host: Path, tmp_path: Path, is_setting: bool
) -> None:
    log, store = tmp_path / "job.log", tmp_path / "s"
    settings = [*SETTINGS, f"LOG_FILE={log}", "LOG_JSON=True", "LOG_LEVEL=INFO"]
    settings += [f"STORE={store}"] * is_setting
    crawl = ["crawl", "image_search", "-a", "engines=demo", "-a", "limit=1", "-a", "per_query=5"]
    crawl += [text for setting in settings for text in ("-s", setting)]
    assert run(host, *crawl, store="" if is_setting else str(store)) == (0, "")
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert lines[0]["message"].startswith("Scrapy ")
    assert [line["exit_code"] for line in lines if "exit_code" in line] == [0]
    assert rows(store, "select outcome, count(*) from image group by 1")


@pytest.mark.parametrize(
    ("engine", "settings", "said"),
    [
        ("demo", ["STORE=/dev/null/s"], "cannot write the store /dev/null/s: Not a directory"),
        (
            "brave",
            ["STORE=s"],
            "engines: brave needs a key: set CARSCRAPE_BRAVE_KEY "
            "(from https://api-dashboard.search.brave.com)",
        ),
        (
            "demo_browser",
            ["STORE=s", "CHROMIUM=/nowhere"],
            "engines: demo_browser needs a browser, and there is no program /nowhere: "
            "see CARSCRAPE_CHROMIUM, or the setting CHROMIUM",
        ),
    ],
)
def test_a_crawl_says_in_one_line_what_the_host_lacks(
    host: Path, engine: str, settings: list[str], said: str
) -> None:
    given = [text for setting in settings for text in ("-s", setting)]
    crawl = ("crawl", "image_search", "-a", f"engines={engine}", *given)
    code, out = run(host, *crawl, errors=f"scrapy crawl: {said}\n")
    assert code in (2, 74)
    assert out == ""
