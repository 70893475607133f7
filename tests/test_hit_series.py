"""Hit counts of several days, engines and quotings: every one a series of its own."""

import csv
from pathlib import Path

import pytest

from carscrape.store import Store
from postprocess.cli import main
from postprocess.hits.table import read_hits
from tests.crawling import DemoWeb, assert_quiet, crawl, recipe, rows

DAY = 86400
ROWS = "select engine, phrase, day, count, fetched_at from hit order by id"


def counting_recipe(folder: Path, *words: str) -> str:
    argument = recipe(folder, *words)
    with open(folder / "words.toml", "a", encoding="utf-8") as file:
        file.write('[hits]\nphrase = "{word} {term}"\nterms = ["car", "van"]\nunquoted = true\n')
    return argument


@pytest.mark.accepts("F08")
def test_a_new_day_engine_and_quoting_is_a_series_of_its_own(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    demo, store = demo_web(faults="none"), tmp_path / "s"
    words = counting_recipe(tmp_path, "C", "S-Class")
    asked = ("hitcounts", store, words, f"demo_port={demo.port}")
    both = "engines=demo,demo_html"
    assert crawl(*asked)[0] == 0
    first = rows(store, ROWS)
    assert len(first) == 2 * 2 * 2
    assert crawl(*asked, both, faults=(f"clock={DAY}",))[0] == 0  # goes on with the first day
    assert rows(store, ROWS)[:8] == first
    assert len({row[2] for row in rows(store, ROWS)}) == 1
    code, output = crawl(*asked, both, "again=yes", faults=(f"clock={2 * DAY}",))
    assert code == 0, output
    assert_quiet(output)
    assert rows(store, ROWS)[:8] == first
    series = (
        "select day, engine, phrase like '\"%', count(*), count(verdict) from hit group by 1, 2, 3"
    )
    days = sorted({row[2] for row in rows(store, ROWS)})
    assert len(days) == 2
    assert rows(store, series) == [
        (day, engine, quoted, 4, 4)
        for day in days
        for engine in ("demo", "demo_html")
        for quoted in (0, 1)
    ]
    # The demo web's counts drift from day to day, as real ones do.
    drifted = "select count(distinct count) from hit where engine = 'demo' group by phrase"
    assert max(rows(store, drifted)) == (2,)
    # Again on the same day is that day's series, which is done.
    before = demo.asked()
    assert crawl(*asked, both, "again=yes", faults=(f"clock={2 * DAY}",))[0] == 0
    assert demo.asked() == before


@pytest.mark.accepts("F08")
def test_a_series_that_was_left_is_not_mixed_with_another_days_counts(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    demo, store = demo_web(faults="none", moods="demo=captcha:3-9"), tmp_path / "s"
    words = counting_recipe(tmp_path, "C", "S-Class")
    asked = ("hitcounts", store, words, f"demo_port={demo.port}")
    code, output = crawl(*asked, settings=("PATIENCE=0",))
    assert code == 1
    assert "demo: 6 pages are not asked yet" in output
    first = rows(store, ROWS)
    code, output = crawl(*asked, "again=yes", faults=(f"clock={DAY}",))
    assert code == 0, output
    assert rows(store, ROWS)[:8] == first
    days = "select day, count(*), count(verdict) from hit group by 1"
    assert [row[1:] for row in rows(store, days)] == [(8, 2), (8, 8)]
    assert crawl(*asked, faults=(f"clock={2 * DAY}",))[0] == 0
    assert [row[1:] for row in rows(store, days)] == [(8, 2), (8, 8)]


@pytest.mark.accepts("F08", "F09")
def test_the_table_shows_counts_of_quoted_phrases_alone(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo, store = demo_web(faults="none"), tmp_path / "s"
    words = counting_recipe(tmp_path, "C", "S-Class")
    assert crawl("hitcounts", store, words, f"demo_port={demo.port}")[0] == 0
    assert main(["hits", str(store)]) == 0
    assert read_hits(Store(store)).summary.startswith("8 phrases at demo: 8 counted")
    counts = dict(rows(store, "select phrase, count from hit"))
    assert all(counts[f"{name} car"] > counts[f'"{name} car"'] for name in ("C", "S-Class"))
    with (store / "report" / "hits.csv").open(encoding="utf-8-sig", newline="") as file:
        table = {row["word"]: row for row in csv.DictReader(file)}
    assert {name: int(row["car"]) for name, row in table.items()} == {
        name: counts[f'"{name} car"'] for name in ("C", "S-Class")
    }
    assert all(0 <= float(row["stability"]) <= 1 for row in table.values())  # of the two quotings
    assert [row["ambiguous"] for row in table.values()] == ["letters", "word"]
