"""Real crawls in a real Chromium: what they find, and what they make of odd pages."""

from pathlib import Path

import pytest

from tests.browsing import (
    SLOW,
    all_results,
    assert_no_traceback,
    browse,
    found,
    needs_chromium,
    pages,
    recipe,
)
from tests.crawling import DemoWeb, assert_quiet, crawl
from tests.watched_web import Web, served


@needs_chromium
def test_every_result_is_found(tmp_path: Path, demo_web: DemoWeb) -> None:
    """As many as the demo's API lists, of a long page too, and of one that is slow to grow."""
    demo, log = demo_web(faults="realistic"), tmp_path / "contexts"
    words = ("green kia", SLOW)
    asked = (recipe(tmp_path, *words), f"demo_port={demo.port}")
    end = browse(tmp_path, *asked, faults=(f"contexts={log}",))
    assert end.code == 0, end.output
    assert_quiet(end.output)
    for word in words:
        assert found(tmp_path / "s", word) == all_results(demo, word)
    open_after_each = [int(line) for line in log.read_text().split()]
    assert open_after_each[-1] == 0
    assert max(open_after_each) <= 1  # two pages of an engine are open at most
    assert len(end.browsers) == 1
    assert end.left == []


@needs_chromium
def test_a_page_of_another_kind_is_told_apart(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = ("ford nothingme", "ford rewriteme", "ford layoutme", "ford blockme")
    end = browse(tmp_path, recipe(tmp_path, *words), f"demo_port={demo.port}")
    assert end.code == 1
    assert "Traceback" not in end.output
    ended = pages(tmp_path)
    verdicts = [ended[word][0] for word in words]
    assert verdicts == ["no_results", "rewritten", "layout_unknown", None]
    assert str(ended["ford blockme"][1]).startswith("blocked: no list of results, but ")


@needs_chromium
def test_a_page_that_surprises_a_browser_still_ends_as_one_of_these(tmp_path: Path) -> None:
    html = "Content-Type: text/html"
    result = '<a class="result" data-image="http://127.0.0.1:1/1.png">1</a>'
    half = "<script>document.querySelector('a').title = 'x' + String.fromCharCode(0xd800)</script>"
    web = Web()
    web.answers = {
        "/browser/images?q=half": (200, [html], f"{result}{half}".encode()),
        "/browser/images?q=file": (200, ["Content-Disposition: attachment; filename=a"], b"PK"),
        "/browser/images?q=sorry": (200, [html], b"<script>location = '/sorry'</script>"),
        "/sorry": (429, [html, "Retry-After: 3600"], b"<p>no</p>"),
    }
    with served(web):
        asked = (recipe(tmp_path, "file", "half", "sorry"), f"demo_port={web.port}")
        end = browse(tmp_path, *asked)
    assert_no_traceback(end)
    ended = pages(tmp_path)
    assert ended["half"] == ("exhausted", "1 of 400 asked: the engine gives no more than that")
    assert "DownloadFailedError: Page.goto: Download is starting" in str(ended["file"][1])
    assert ended["sorry"] == (None, "blocked: status 429")


@needs_chromium
def test_a_page_that_says_when_to_ask_again_is_asked_then(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    """Without its Retry-After, of a second, it would be asked in an hour."""
    demo, word = demo_web(faults="realistic"), "blue kia throttleonce"
    asked = (recipe(tmp_path, word), "per_query=5", f"demo_port={demo.port}")
    end = browse(tmp_path, *asked, settings=("RETRY_DELAY=3600",))
    assert end.code == 0, end.output
    assert len(found(tmp_path / "s", word)) == 5


def test_a_crawl_that_needs_no_browser_knows_of_none(
    tmp_path: Path, demo_web: DemoWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = demo_web(faults="none")
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    monkeypatch.setenv("CARSCRAPE_CHROMIUM", "/nowhere")
    asked = (recipe(tmp_path, "red ford"), "engines=demo", "per_query=5", f"demo_port={demo.port}")
    end = browse(tmp_path, *asked)
    assert end.code == 0
    assert "carscrape.pages" in end.output  # which shows that imports are listed
    assert "playwright" not in end.output
    assert end.browsers == set()


def test_without_a_browser_nothing_is_asked(
    tmp_path: Path, demo_web: DemoWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = demo_web()
    monkeypatch.setenv("CARSCRAPE_CHROMIUM", "/nowhere")
    asked = (recipe(tmp_path, "red ford"), f"demo_port={demo.port}")
    code, output = crawl("image_search", tmp_path / "s", *asked)
    assert code == 2
    assert output == (
        "scrapy crawl: engines: demo_browser needs a browser, and there is no program /nowhere: "
        "see CARSCRAPE_CHROMIUM, or the setting CHROMIUM\n"
    )
    assert demo.asked() == {}


@needs_chromium
def test_a_page_that_takes_too_long_has_failed(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    asked = (recipe(tmp_path, SLOW), f"demo_port={demo.port}")
    end = browse(tmp_path, *asked, settings=("BROWSER_TIMEOUT=2",))
    assert end.code == 1
    assert_no_traceback(end)
    verdict, detail = pages(tmp_path)[SLOW]
    assert verdict == "failed"
    assert detail == "DownloadTimeoutError: not there in 2 seconds"
    assert end.left == []
