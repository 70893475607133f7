"""Whole crawls in processes of their own, against the demo web."""

import json
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from carscrape.recipe import load
from carscrape.store import Store
from tests.conftest import ROOT
from tests.crawling import (
    DemoWeb,
    assert_quiet,
    command,
    crawl,
    recipe,
    rows,
)


def test_every_result_of_a_hostile_web_has_one_outcome(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="hostile")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(6)))
    code, output = crawl("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    assert code == 0, output
    assert_quiet(output)
    ended = Counter(outcome for (outcome,) in rows(tmp_path / "s", "select outcome from image"))
    assert None not in ended
    assert {"stored", "gone", "not_an_image", "address", "scheme", "robots"} <= set(ended)
    ((results, urls),) = rows(
        tmp_path / "s", "select (select count(*) from result), (select count(*) from image)"
    )
    assert results >= urls == sum(ended.values()) >= 200
    stored = rows(tmp_path / "s", "select sha256, type from image where outcome = 'stored'")
    store = Store(tmp_path / "s")
    assert all(store.image_path(*row).exists() for row in stored)
    assert not list(store.images_dir.rglob("*.part"))
    (run,) = rows(tmp_path / "s", "select spider, reason, exit_code from run")
    assert run == ("image_search", "finished", 0)


@pytest.mark.accepts("E08", "E09")
def test_a_second_run_asks_nothing_that_was_finished(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford", "blue ford")
    arguments = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    assert crawl(*arguments)[0] == 0
    asked = demo.asked()
    assert crawl(*arguments)[0] == 0
    assert demo.asked() == asked
    assert crawl(*arguments, "per_query=60")[0] == 0
    assert len(rows(tmp_path / "s", "select * from image")) > 80
    pictures = [path for path in demo.asked() if "/img/" in path and not path.startswith("/api")]
    assert all(demo.asked()[path] == 1 for path in pictures)


def test_the_demo_web_of_a_store_is_started_and_ended(tmp_path: Path) -> None:
    words = recipe(tmp_path, "red ford")
    settings = ("DEMO_FAULTS=none", "DEMO_SEED=11")
    for _ in range(2):
        code, output = crawl("image_search", tmp_path / "s", words, settings=settings)
        assert code == 0, output
    notes = dict(rows(tmp_path / "s", "select name, value from note"))
    assert notes["demo_seed"] == "11"
    hosts = {
        url.split("/")[2].split(":")[1] for (url,) in rows(tmp_path / "s", "select url from image")
    }
    assert hosts == {notes["demo_port"]}


@pytest.mark.parametrize(
    ("word", "verdict", "line"),
    [
        ("layoutme", "layout_unknown", "demo: page is layout_unknown"),
        ("blockme", None, "demo: page is blocked"),
        ("nothingme", "no_results", "no image was stored"),
    ],
)
def test_a_page_without_images_is_told_from_success(
    tmp_path: Path, demo_web: DemoWeb, word: str, verdict: str | None, line: str
) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, word)
    code, output = crawl("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    assert code == 1
    assert output.count(line) == 1
    assert "Traceback" not in output
    assert rows(tmp_path / "s", "select verdict from page") == [(verdict,)]
    evidence = list((tmp_path / "s" / "evidence").iterdir())
    assert bool(evidence) == (word != "nothingme")


def test_one_broken_page_among_good_ones_is_told(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford", "layoutme")
    code, output = crawl("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    assert code == 1
    assert "1 pages are layout_unknown" in output
    assert rows(tmp_path / "s", "select count(*) from image where outcome = 'stored'") == [(40,)]


def test_items_are_the_images_that_ended(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford")
    feed = tmp_path / "items.jsonl"
    arguments = command("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    subprocess.run([*arguments, "-o", str(feed)], cwd=ROOT, check=True, capture_output=True)
    items = [json.loads(line) for line in feed.read_text().splitlines()]
    assert len(items) == 40
    assert {item["outcome"] for item in items} == {"stored"}


def test_hit_counts_are_counts_or_null(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web()
    makes = ("engines=demo", "makes=ford,bmw", "limit=30", f"demo_port={demo.port}")
    code, output = crawl("hitcounts", tmp_path / "s", *makes)
    assert code == 0, output
    assert_quiet(output)
    hits = rows(tmp_path / "s", "select phrase, term, count, verdict from hit")
    assert len(hits) == 30 * len(load("cars").terms)
    assert all(phrase == f'"{phrase[1:-1]}"' and term in phrase for phrase, term, _, _ in hits)
    assert any(count is None for _, _, count, _ in hits)
    assert sum(count is not None and count > 0 for _, _, count, _ in hits) > 90
    asked = demo.asked()
    assert crawl("hitcounts", tmp_path / "s", *makes)[0] == 0
    assert demo.asked() == asked


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["engines=altavista"], "engines: there is no engine 'altavista'"),
        (["engines=demo,bing"], "engines: the demo web's cannot be asked together"),
        (["recipe=boats"], "boats"),
        (["makes=frod"], "frod"),
        (["limit=0"], "limit: expected a whole number"),
        (["shard=9/8"], "shard: expected I/N"),
        (["colours=red"], "there is no argument 'colours'"),
        (["demo_port=8000"], "demo_port is for the demo's engines"),
    ],
)
def test_wrong_arguments_are_one_line(tmp_path: Path, arguments: list[str], line: str) -> None:
    code, output = crawl("image_search", tmp_path / "s", *arguments)
    assert code == 2
    assert line in output
    assert output.count("\n") == 1, output
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("setting", ["CONCURRENT_ITEMS=many", "RETRY_DELAY=-1"])
def test_wrong_settings_are_one_line(tmp_path: Path, setting: str) -> None:
    code, output = crawl("image_search", tmp_path / "s", "engines=demo", settings=(setting,))
    assert code == 2
    assert f"setting {setting.partition('=')[0]}: expected" in output
    assert output.count("\n") == 1


def test_a_store_of_another_recipe_is_refused(tmp_path: Path) -> None:
    load("dogs").save(tmp_path)
    code, output = crawl("image_search", tmp_path, "recipe=cars", "engines=demo")
    assert code == 2
    assert "was made from the recipe dogs, not cars" in output


@pytest.mark.accepts("E05")
def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("a file, not a folder")
    code, output = crawl("image_search", tmp_path / "s", recipe(tmp_path, "red ford"))
    assert code == 74, output
    assert "cannot write the store" in output
    assert "Traceback" not in output


def test_shards_divide_the_queries(tmp_path: Path) -> None:
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(9)))
    settings = ("DEMO_FAULTS=none",)
    asked: list[str] = []
    for shard in ("1/2", "2/2"):
        code, output = crawl(
            "image_search",
            tmp_path / "s",
            words,
            f"shard={shard}",
            "per_query=2",
            settings=settings,
        )
        assert code == 0, output
    for path in Store(tmp_path / "s").ledger_paths():
        with closing(sqlite3.connect(path)) as connection:
            asked += [text for (text,) in connection.execute("select text from query")]
    assert sorted(asked) == [f"red ford {n}" for n in range(9)]


@pytest.mark.accepts("E05")
@pytest.mark.parametrize("kilobytes", [5, 100, 200])
def test_a_store_that_fills_up_stops_the_crawl_and_loses_nothing(
    tmp_path: Path, demo_web: DemoWeb, kilobytes: int
) -> None:
    """A limit on the size of files stands for a full disk: first the ledger cannot grow."""
    demo = demo_web(faults="none")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(8)))
    asked = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    limited = ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "bash", *command(*asked)]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 74, done.stderr
    assert "Traceback" not in done.stderr
    assert "cannot" in done.stderr
    code, output = crawl(*asked)
    assert code == 0, output
    assert rows(tmp_path / "s", "select outcome, count(*) from image") == [("stored", 320)]
    assert not list((tmp_path / "s").rglob("*.part"))


@pytest.mark.accepts("E05")
def test_images_that_cannot_be_written_are_asked_again(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford")
    asked = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    images = tmp_path / "s" / "images"
    images.mkdir(parents=True)
    for number in range(256):
        (images / f"{number:02x}").write_text("a file where a folder belongs")
    code, output = crawl(*asked)
    assert code == 74
    assert output.count("cannot write") == 1, output
    assert "Traceback" not in output
    for path in images.iterdir():
        path.unlink()
    assert crawl(*asked)[0] == 0
    assert rows(tmp_path / "s", "select outcome, count(*) from image") == [("stored", 40)]


def test_too_few_open_files_burn_no_url(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(4)))
    asked = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}")
    limited = ["bash", "-c", 'ulimit -n 30; exec "$@"', "bash", *command(*asked)]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 74), done.stderr
    assert "Traceback" not in done.stderr
    assert crawl(*asked)[0] == 0
    assert rows(tmp_path / "s", "select outcome, count(*) from image") == [("stored", 160)]
