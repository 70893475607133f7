"""How the report says the engines did."""

import time
from pathlib import Path

import pytest
from judged import judge
from reported import change, read
from stores import RED, Found, make_store, picture, sha

from carscrape.store import Store
from postprocess.funnel import count
from postprocess.report.engines import EngineHealth, read_health

MORE = "insert into page (engine, query, number, verdict, detail, fetched_at) values \
('bing', 'q', ?, ?, ?, ?)"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = make_store(tmp_path, [Found(picture(n), RED) for n in range(4)])
    judge(store, rejected={sha(picture(0)): ("verify", "too_small")})
    return store


def bing(store: Store) -> EngineHealth:
    (engine,) = read_health(store, count(store).engines)
    return engine


def test_pages_are_counted_by_what_they_turned_out_to_be(store: Store) -> None:
    for number, verdict in enumerate(["exhausted", "exhausted", "blocked", "failed", None], 1):
        change(store, MORE, number, verdict, "", None)
    engine = bing(store)
    assert {part.kind: part.pages for part in engine.pages} == {
        "results": 1,
        "exhausted": 2,
        "blocked": 1,
        "failed": 1,
        "not asked": 1,
    }
    assert sum(part.pages for part in engine.pages) == 6
    assert engine.answered == 4
    words = read(store).section("engines")
    for text in ("2 exhausted", "1 blocked", "1 not asked yet", "6 pages"):
        assert text in words


def test_the_speed_leaves_out_pauses(store: Store) -> None:
    change(store, "update page set fetched_at = 1000.0")
    for number, at in enumerate([1002.0, 1004.0, 9000.0, 9002.0], 1):
        change(store, MORE, number, "results", "", at)
    assert bing(store).per_minute == 30


def test_where_nobody_can_tell_the_speed_there_is_none(store: Store) -> None:
    assert bing(store).per_minute is None
    assert "Pages a minute –" in read(store).section("engines")


def test_shares_stored_and_kept(store: Store) -> None:
    engine = bing(store)
    assert (engine.share.stored, engine.share.kept, engine.kept_per_page) == (4, 3, 3.0)
    words = read(store).section("engines")
    assert "Stored of these 4 100 %" in words
    assert "Kept of these 3 75 %" in words


def test_blocks_are_told(store: Store) -> None:
    assert not bing(store).is_in_trouble
    assert "none in trouble" in read(store).words
    assert "Never had to be left alone." in read(store).section("engines")
    change(store, MORE, 1, None, "429", None)
    store.keep_evidence("bing-blocked", b"captcha", ".html")
    store.keep_evidence("bing_other-blocked", b"captcha", ".html")
    change(store, "insert into host values ('engine:bing', ?, '')", time.time() + 600)
    said = bing(store).trouble
    assert said.startswith(
        "1 page waits since it blocked or failed; 1 block page is kept in evidence/; "
        "it is left alone until "
    )
    assert bing(store).is_in_trouble
    page = read(store)
    assert "1 in trouble" in page.words
    (caution,) = page.select.css(".cautions").xpath("string()").re("bing: 1 page waits .*")
    assert caution == f"bing: {said}."
    change(store, "update host set not_before = 0")
    assert "it was last left alone until 01 Jan 1970" in bing(store).trouble
