"""Newlines, carriage returns and escapes that strangers wrote break no line of what is printed."""

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carscrape.log_lines import OneLine, one_line
from tests.crawling import crawl, recipe
from tests.postprocess_command import postprocess
from tests.watched_web import Web, served

pytestmark = pytest.mark.accepts("H04")
EVIL = "x\r\n2026-11-26 00:00:00 ERROR FORGED\x1b[31m\x1b]0;title\x07\u2028\u202ey"


def assert_one_line_each(output: str) -> None:
    """No line was begun by a stranger, and nothing steers a terminal."""
    assert output
    for line in output.split("\n"):
        assert line.isprintable(), line
        assert not line.startswith("2026-11-26 00:00:00"), line


@given(st.text())
def test_a_text_is_one_line_that_can_be_read_back(text: str) -> None:
    assert one_line(text).isprintable()
    if "\\" not in text:
        assert one_line(text).encode("latin-1", "backslashreplace").decode("unicode_escape") == text


def test_a_record_is_one_line_with_its_arguments_and_a_table_is_not() -> None:
    record = logging.LogRecord("any", logging.INFO, "", 1, "a %s\n", (EVIL,), None)
    assert OneLine("tables").filter(record)
    assert record.getMessage().startswith("a x\\r\\n2026")
    assert record.getMessage().isprintable()
    table = logging.LogRecord("tables", logging.INFO, "", 1, "\na\nb", (), None)
    assert OneLine("tables").filter(table)
    assert table.getMessage() == "\na\nb"


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_a_crawl_logs_one_line_per_event(tmp_path: Path, level: str) -> None:
    settings = (f"LOG_LEVEL={level}",)
    with served(Web(), "127.0.0.1", "127.0.0.2") as web:
        base = f"http://127.0.0.2:{web.port}"
        urls = [f"{base}/{EVIL}.png", f"{base}/a.png", f"http://ho{EVIL}st/", f"{EVIL}:{EVIL}"]
        results = [{"image": url, "page": EVIL, "title": EVIL, "licence": EVIL} for url in urls]
        page = {"query": "word", "total": 4, "results": results}
        rewritten = {**page, "query": EVIL}
        web.answers["/api/images"] = 200, [], json.dumps(page).encode()
        web.answers["/a.png"] = (302, [f"Location: {base}/b.png?{EVIL!r}"], b"")
        arguments = (recipe(tmp_path, "word"), f"demo_port={web.port}")
        code, output = crawl("image_search", tmp_path / "s", *arguments, settings=settings)
        assert code == 0, output
        assert_one_line_each(output)
        web.answers["/api/images"] = 200, [], json.dumps(rewritten).encode()
        notice = f'<html><body><div id="sp_recourse">Showing {EVIL}</div></body></html>'
        web.answers["/images/search"] = 200, ["Content-Type: text/html"], notice.encode()
        arguments = (recipe(tmp_path, "other"), f"demo_port={web.port}", "engines=demo,demo_html")
        code, output = crawl("image_search", tmp_path / "s", *arguments, settings=settings)
        assert output.count("is rewritten") >= 2
        assert "FORGED" in output
        assert_one_line_each(output)


def test_postprocess_says_one_line_per_thing(tmp_path: Path) -> None:
    from tests.a_person import jpeg

    folder = tmp_path / "photos"
    (folder / "red\n\x1b[31mcar").mkdir(parents=True)
    (folder / "red\n\x1b[31mcar" / "a\r\nb.jpg").write_bytes(jpeg(1))
    said = postprocess("adopt", folder, tmp_path / "s")
    assert said.returncode == 0, said.stderr
    (folder / "red\n\x1b[31mcar" / "a\r\nb.jpg").write_bytes(jpeg(2))
    again = postprocess("adopt", folder, tmp_path / "s")
    assert "changed since" in again.stdout
    commands = [
        ["verify"],
        ["dedupe"],
        ["label"],
        ["status"],
        ["export", "--format", "folders", "--to", tmp_path / "d"],
        ["takedown", "--page", "http://x\n\x1b[31m/", "--dry-run"],
        ["takedown", "--url", "adopt:///red%0A%1B%5B31mcar/a%0D%0Ab.jpg", "--dry-run"],
        ["doctor"],
    ]
    done = [postprocess(name, tmp_path / "s", *more) for name, *more in commands]
    for one in (said, again, *done):
        for line in (one.stdout + one.stderr).split("\n"):
            assert line.isprintable(), line
    assert "1 images, 1 URLs" in done[-2].stdout
    assert done[-1].returncode == 0, done[-1].stderr
