"""`scrapy plan`: its numbers against ones counted by hand, and what it reads of a store."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from carscrape.recipe import load, shard_of
from carscrape.store import Store
from tests.crawling import DemoWeb, crawl, recipe
from tests.scrapy_command import Said, scrapy
from tests.tiny_recipe import write

TINY_QUERIES = 2 * 4  # colours times rows of the table


def plan(cwd: Path, *arguments: str, spider: str = "image_search") -> dict[str, Any]:
    """What programs are told."""
    given = [text for argument in arguments for text in ("-a", argument)]
    said = scrapy("plan", spider, *given, "--json", "-s", "STORE=s", cwd=cwd)
    assert (said.code, said.err) == (0, "")
    told: dict[str, Any] = json.loads(said.out)
    return told


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    folder = tmp_path / "recipe"
    folder.mkdir()
    return f"recipe={write(folder)}"


def test_numbers_are_those_counted_by_hand(tmp_path: Path, tiny: str) -> None:
    told = plan(tmp_path, tiny, "engines=bing", "per_query=100")
    (bing,) = told["engines"]
    assert bing["asked"] == TINY_QUERIES
    assert bing["pages_each"] == 3  # of 35 results, for 100 images
    assert bing["most_pages_each"] == 29  # up to its 1,000th result
    assert bing["requests"] == told["requests"] == TINY_QUERIES * 3
    assert bing["images"] == told["images"] == TINY_QUERIES * 100
    assert bing["seconds"] == told["seconds"] == TINY_QUERIES * 3 * 3.0
    assert told["bytes"] == TINY_QUERIES * 100 * told["mean_bytes"]
    assert told["download_seconds"] == pytest.approx(TINY_QUERIES * 100 * 0.25 / told["hosts"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recipe"]


def test_no_more_is_planned_than_an_engine_has(tmp_path: Path, tiny: str) -> None:
    (bing,) = plan(tmp_path, tiny, "engines=bing", "per_query=5000")["engines"]
    assert bing["pages_each"] == bing["most_pages_each"] == 29
    assert bing["images_each"] == 29 * 35


def test_what_narrows_a_crawl_narrows_its_plan(tmp_path: Path, tiny: str) -> None:
    def asked(*arguments: str, spider: str = "image_search") -> int:
        (engine,) = plan(tmp_path, tiny, *arguments, spider=spider)["engines"]
        return int(engine["asked"])

    assert asked("colors=red") == 4
    assert asked("makes=ford", "limit=3") == 3
    assert [asked(f"shard={number}/2") for number in (1, 2)] == _shards(tmp_path)
    assert asked(spider="hitcounts") == 4 * 2
    assert asked("limit=1", spider="hitcounts") == 2


def _shards(tmp_path: Path) -> list[int]:
    shards = [shard_of(query.id, 2) for query in load(tmp_path / "recipe" / "tiny.toml").queries()]
    assert len(shards) == TINY_QUERIES
    return [shards.count(1), shards.count(2)]


def test_engines_are_asked_side_by_side(tmp_path: Path) -> None:
    more = ("plan", "-a", "engines=bing", "-a", "per_query=35", "-s", "STORE=s")
    said = scrapy(*more, cwd=tmp_path)
    assert "9,840 pages: 1 a query where they are full, 29 at most" in said.out
    assert "8.2 h at 3 s a request" in said.out
    assert "8.2 h in all" in said.out
    assert all(len(line) <= 80 for line in said.out.splitlines())
    assert list(tmp_path.iterdir()) == []


def test_hits_are_one_request_per_phrase(tmp_path: Path, tiny: str) -> None:
    told = plan(tmp_path, tiny, "engines=bing", spider="hitcounts")
    assert told["requests"] == 4 * 2
    assert told["seconds"] == 4 * 2 * 3.0
    assert told["images"] == 0


def test_what_a_store_has_is_not_planned_again(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford", "blue ford", "black ford")
    port = f"demo_port={demo.port}"
    assert crawl("image_search", tmp_path / "s", words, port, "limit=2")[0] == 0
    before = _contents(tmp_path / "s")

    told = plan(tmp_path, words, port)
    (engine,) = told["engines"]
    assert (engine["asked"], engine["finished"], engine["begun"]) == (3, 2, 0)
    assert (engine["requests"], engine["images"], engine["others"]) == (1, 40, 0)
    assert (told["stored"], told["waiting"]) == (80, 0)
    assert told["stored_bytes"] > 80 * 100

    (more,) = plan(tmp_path, words, port, "per_query=60")["engines"]
    # Two had more than the 40 that were wanted: their page is asked again, and one more.
    assert (more["finished"], more["begun"]) == (0, 2)
    assert more["requests"] == 3 * 2
    assert more["images"] == 2 * 20 + 60

    (of_one,) = plan(tmp_path, words, port, "per_query=60", "words=red ford")["engines"]
    assert (of_one["asked"], of_one["requests"], of_one["others"]) == (1, 2, 0)

    (one,) = plan(tmp_path, words, port, "words=black ford")["engines"]
    assert (one["asked"], one["requests"], one["others"]) == (1, 1, 0)
    assert _contents(tmp_path / "s") == before


def test_what_earlier_plans_left_is_asked_too(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    port = f"demo_port={demo.port}"
    blocked = recipe(tmp_path, "blockme")
    assert crawl("image_search", tmp_path / "s", blocked, port, settings=("PATIENCE=0",))[0] == 1
    (engine,) = plan(tmp_path, recipe(tmp_path, "red ford"), port)["engines"]
    assert (engine["asked"], engine["begun"], engine["requests"]) == (1, 0, 1)
    assert engine["others"] == 1
    assert engine["seconds"] == 2 * engine["delay"]


def test_counts_of_a_store_are_not_planned_again(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    asked = ("engines=demo", "makes=ford", f"demo_port={demo.port}")
    assert crawl("hitcounts", tmp_path / "s", *asked, "limit=2")[0] == 0
    terms = len(load("cars").terms)
    (engine,) = plan(tmp_path, *asked, "limit=3", spider="hitcounts")["engines"]
    assert (engine["asked"], engine["finished"], engine["requests"]) == (
        3 * terms,
        2 * terms,
        terms,
    )
    with closing(sqlite3.connect(Store(tmp_path / "s").ledger_path())) as db, db:
        db.execute("update hit set day = '2020-02-02'")
    (engine,) = plan(tmp_path, *asked, "limit=3", spider="hitcounts")["engines"]
    assert engine["finished"] == 2 * terms
    (engine,) = plan(tmp_path, *asked, "limit=3", "again=yes", spider="hitcounts")["engines"]
    assert (engine["finished"], engine["requests"]) == (0, 3 * terms)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in (".sqlite", ".toml")
    }


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-a", "engines=altavista"], "engines: there is no engine 'altavista'"),
        (["-a", "makes=frod"], "no make 'frod'; the nearest are: Ford"),
        (["-a", "shard=9/8"], "shard: expected I/N"),
        (["-a", "colours=red"], "there is no argument 'colours'"),
        (["-a", "again=yes"], "again is for hitcounts alone"),
        (["-a", "engines=demo", "-a", "safe=off"], "safe=off: demo has no such filter"),
        (["-a", "limit"], "invalid -a value, use -a NAME=VALUE"),
        (["-s", "DOWNLOAD_DELAY=0"], "setting DOWNLOAD_DELAY: expected seconds from 0.001"),
        (["boats"], "expected one spider, got ['boats']; there are hitcounts, image_search"),
        (["hitcounts", "--jsno"], "expected one spider, got ['hitcounts', '--jsno']"),
    ],
)
def test_wrong_arguments_are_one_line(tmp_path: Path, arguments: list[str], line: str) -> None:
    _refused(scrapy("plan", *arguments, "-s", "STORE=s", cwd=tmp_path), 2, line)
    assert list(tmp_path.iterdir()) == []


def _refused(said: Said, code: int, line: str) -> None:
    assert (said.code, said.out) == (code, "")
    assert line in said.err
    assert said.err.count("\n") == 1


def test_a_ledger_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.create()
    with closing(sqlite3.connect(store.ledger_path())) as older:
        older.executescript(Path(__file__).with_name("ledger_v2.sql").read_text())
    _refused(scrapy("plan", "-s", "STORE=s", cwd=tmp_path), 74, "has schema 2, and a plan reads 3")
    store.ledger_path().write_bytes(b"no ledger at all" * 99)
    _refused(scrapy("plan", "-s", "STORE=s", cwd=tmp_path), 74, "cannot read the ledger")
