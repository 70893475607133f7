"""The commands as a Scrapyd host has them: from a zipped egg alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carscrape.engines.base import engine_names


@pytest.fixture
def host(tmp_path: Path, egg: bytes) -> Path:
    """A folder that Scrapyd's runner finds the project's egg in, and nothing else."""
    folder = tmp_path / "host"
    (folder / "eggs" / "carscrape").mkdir(parents=True)
    (folder / "eggs" / "carscrape" / "1.egg").write_bytes(egg)
    return folder


def run(host: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "scrapyd.runner", *arguments],
        cwd=host,
        env={**os.environ, "SCRAPY_PROJECT": "carscrape"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
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
