"""A ledger of version 2: what its migration, and its rescue where it is damaged, make of it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from carscrape.items import HitCount
from carscrape.ledger import Ledger
from carscrape.ledger.salvage import salvage
from carscrape.ledger.schema import SCHEMA_VERSION, create

DAY = "2025-11-24"  # of the last count
COUNTS = [("car", 1200, DAY, "results"), ("suv", None, DAY, "results"), ("van", None, DAY, None)]
FOUND = [("http://127.0.0.2:1/gone", "CC0"), ("http://10.0.0.1/x.jpg", "")]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "all.sqlite"
    with closing(sqlite3.connect(path)) as ledger:
        ledger.executescript(Path(__file__).with_name("ledger_v2.sql").read_text())
    return path


def columns(db: sqlite3.Connection) -> dict[str, list[str]]:
    """Table -> its columns, in their order: rows are inserted without naming them."""
    tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
    return {t: [row[1] for row in db.execute(f"pragma table_info({t})")] for t in tables}


def indexes(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("select name from sqlite_master where type = 'index'")}


def check(path: Path) -> None:
    """Every row is there, the counts as one series of one day."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("select term, count, day, verdict from hit order by id").fetchall() == (
            COUNTS
        )
        assert db.execute("select text, filters from query").fetchall() == [("green ford", "{}")]
        found = db.execute(
            "select url, licence, licence_url from result join image on image.id = image "
            "order by rank"
        )
        assert found.fetchall() == [(*each, None) for each in FOUND]


@pytest.mark.accepts("E11")
def test_it_is_migrated_with_a_backup(old: Path) -> None:
    Ledger(old).close()
    check(old)
    with closing(sqlite3.connect(":memory:")) as fresh, closing(sqlite3.connect(old)) as migrated:
        create(fresh)
        assert columns(migrated) == columns(fresh)
        assert indexes(migrated) == indexes(fresh)
        assert migrated.execute("pragma user_version").fetchone() == (SCHEMA_VERSION,)
    with closing(sqlite3.connect(old.with_name("all.sqlite.v2"))) as backup:
        assert backup.execute("pragma user_version").fetchone() == (2,)
        assert backup.execute("select count(*) from hit").fetchone() == (3,)


def test_its_counts_go_on_and_begin_anew_only_when_told(old: Path) -> None:
    def hits(day: str) -> list[HitCount]:
        return [
            HitCount("demo", f'"Ford {term}"', {"make": "Ford"}, term, day)
            for term in ("car", "suv", "van")
        ]

    with closing(Ledger(old)) as ledger:
        assert ledger.hits.last_day() == DAY
        ledger.hits.plan(hits(DAY))
        assert [row["term"] for row in ledger.hits.due("demo", 0, 9)] == ["van"]
        ledger.hits.plan(hits("2026-11-26"))
        assert ledger.hits.unasked("demo") == 3  # the earlier series stays as it is


@pytest.mark.accepts("E06")
def test_where_it_is_damaged_nothing_that_can_be_read_is_lost(old: Path) -> None:
    saved = salvage(old)
    assert saved.rows["hit"] == 3
    check(old)
    Ledger(old).close()


def test_without_any_count_its_phrases_are_of_today(old: Path) -> None:
    with closing(sqlite3.connect(old)) as db, db:
        db.execute("update hit set fetched_at = null, verdict = null")
    with closing(Ledger(old)) as ledger:
        today = ledger.tally("select date('now')")[0][0]
        assert ledger.hits.last_day() == today
