"""A store crawled again: with new queries, with nothing new, after a pause, with another clock."""

from pathlib import Path

import pytest

from tests.crawling import DemoWeb, crawl, recipe, rows
from tests.surviving import check_store, files_in


def images_asked(asked: dict[str, int]) -> dict[str, int]:
    return {path: n for path, n in asked.items() if "?" not in path and path != "/robots.txt"}


@pytest.mark.accepts("E08")
def test_new_queries_add_and_overwrite_nothing(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    port = f"demo_port={demo.port}"
    store = tmp_path / "s"
    assert crawl("image_search", store, recipe(tmp_path, "red ford", "blue ford"), port)[0] == 0
    files = files_in(store)
    times = {path: path.stat().st_mtime_ns for path in (store / "images").rglob("*.*")}
    before = rows(store, "select * from image order by id")
    asked = images_asked(demo.asked())

    wider = recipe(tmp_path, "red ford", "blue ford", "green ford")
    code, output = crawl("image_search", store, wider, port)
    assert code == 0, output
    assert "the recipe changed" in output
    check_store(store)
    after = rows(store, "select * from image order by id")
    assert after[: len(before)] == before
    assert len(after) == len(before) + 40
    assert {name: size for name, size in files_in(store).items() if name in files} == files
    assert {path: path.stat().st_mtime_ns for path in times} == times
    again = images_asked(demo.asked())
    assert {path: again[path] for path in asked} == asked
    assert set(again.values()) == {1}


@pytest.mark.accepts("E09")
def test_a_second_run_asks_what_may_have_healed_and_nothing_else(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    """An hour after hosts were given up their images are asked again, and none that ended."""
    demo = demo_web(faults="realistic")
    words = recipe(tmp_path, "throttleonce white ford 9", "red ford 0")
    asked = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}", "per_query=55")
    assert crawl(*asked)[0] == 0
    waiting = "select url, asks from image where final = 0"
    ended = "select * from image where final = 1 order by id"
    left, done, seen = rows(tmp_path / "s", waiting), rows(tmp_path / "s", ended), demo.asked()
    assert left

    assert crawl(*asked)[0] == 0
    assert demo.asked() == seen
    assert rows(tmp_path / "s", waiting) == left

    assert crawl(*asked, faults=("clock=3700",))[0] == 0
    assert images_asked(demo.asked()) == images_asked(seen)
    asks = dict(rows(tmp_path / "s", "select url, asks from image"))
    assert sum(asks[url] for url, _ in left) > sum(times for _, times in left)
    still = [row for row in rows(tmp_path / "s", ended) if row[1] not in dict(left)]
    assert still == done


@pytest.mark.accepts("E01", "D03")
def test_a_clock_set_back_makes_no_host_wait_for_it(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="realistic")
    words = recipe(tmp_path, "throttleonce white ford 9", "red ford 0")
    asked = ("image_search", tmp_path / "s", words, f"demo_port={demo.port}", "per_query=55")
    year = 365 * 86400
    code, output = crawl(*asked, settings=("PATIENCE=0",), faults=(f"clock={year}",))
    assert code in (0, 1), output
    # Without the year, but past the hour that a pause may last at most.
    crawl(*asked, faults=("clock=0",))
    waiting = "select distinct host from image where final = 0"
    left = rows(tmp_path / "s", waiting)
    assert left
    asks = "select host, sum(asks) from image group by host"
    before = dict(rows(tmp_path / "s", asks))
    code, output = crawl(*asked, faults=("clock=3700",))
    assert code == 0, output
    after = dict(rows(tmp_path / "s", asks))
    assert all(after[host] > before[host] for (host,) in left)
