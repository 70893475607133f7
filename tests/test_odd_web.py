"""What a host can send may cost its image or page, and never the crawl."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawling import crawl, recipe, rows
from tests.odd_web import CASES


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    script = Path(__file__).with_name("odd_web.py")
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.kill()


def test_every_odd_image_has_an_outcome(tmp_path: Path, port: int) -> None:
    words = recipe(tmp_path, "all")
    code, output = crawl("image_search", tmp_path / "s", words, f"demo_port={port}")
    assert code == 0, output
    assert "Traceback" not in output
    assert "ERROR" not in output
    ended = {
        url.rpartition("/")[2]: o
        for url, o in rows(tmp_path / "s", "select url, outcome from image")
    }
    assert set(ended) == set(CASES)
    assert ended.pop("fine") == "stored"
    # Some libraries read the PNG in spite of its label; what matters is that each has an end.
    assert None not in ended.values(), ended
    for case in ("bracket", "port", "noport", "nowhere"):
        assert ended[case] in ("redirects", "port", "scheme", "dns"), (case, ended[case])
    assert ended["mailto"] in ("redirects", "scheme")
    assert ended["refresh"] == "stored"  # it is a PNG, and nobody follows the header


@pytest.mark.parametrize("case", sorted(set(CASES) - {"fine", "refresh", "charset", "idna"}))
def test_every_odd_page_lets_the_run_end(tmp_path: Path, port: int, case: str) -> None:
    words = recipe(tmp_path, "fine", case)
    code, output = crawl("image_search", tmp_path / "s", words, f"demo_port={port}", "engines=demo")
    assert code == 1, output
    assert "Traceback" not in output
    assert "failed" in output or "blocked" in output
    assert rows(tmp_path / "s", "select count(*) from image where outcome = 'stored'") == [(1,)]
