"""Counts that add up per label to the last image, and a doctor that misses a single row."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from odd_stages import Picky, Whole
from stores import BLUE, RED, Found, make_store

from carscrape.items import Outcome
from carscrape.store import Store
from postprocess import pipeline
from postprocess.doctor import examine
from postprocess.funnel import count, disagreements
from postprocess.shares import Share
from postprocess.stages.label import Label
from postprocess.verdicts import Verdicts

FOUND = [
    Found(b"1", RED),
    Found(b"2", RED, "wikimedia"),
    Found(b"3", BLUE),
    Found(b"both", RED),
    Found(b"both", BLUE),
    Found(b"bad", BLUE),
    Found(b"bad too", RED),
    Found(b"", RED, outcome=Outcome.GONE),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = make_store(tmp_path, FOUND)
    pipeline.run(store, [Picky(), Whole(), Label()])
    return store


@pytest.mark.accepts("G09")
def test_every_label_adds_up_to_the_last_image(store: Store) -> None:
    funnel = count(store)
    assert funnel.labels == (
        Share("blue ford mustang", 3, 3, stored=2, kept=1, lost={"picky": {"bad": 1}}),
        Share(
            "red ford mustang",
            5,
            5,
            stored=4,
            kept=2,
            lost={"picky": {"bad": 1}, "label": {"conflict": 1}},
        ),
    )
    assert disagreements(funnel) == []
    assert examine(store) == []


@pytest.mark.accepts("G09")
@pytest.mark.parametrize("table", ["query", "page", "result", "image"])
@pytest.mark.parametrize("place", ["asc", "desc"])
def test_a_row_lost_from_the_ledger_makes_doctor_fail(store: Store, table: str, place: str) -> None:
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        columns = "page, rank" if table == "result" else "id"
        first = f"select {columns} from {table} order by {columns} {place} limit 1"
        ledger.execute(f"delete from {table} where ({columns}) in ({first})")
        assert ledger.total_changes == 1
    assert examine(store)


@pytest.mark.accepts("G09")
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_a_row_lost_from_the_verdicts_makes_doctor_fail(store: Store, stage: int) -> None:
    verdicts = Verdicts(store)
    generation = verdicts.current()[stage]
    (part,) = verdicts.parts(generation.stage, generation.key)
    rows = pq.read_table(part, partitioning=None)
    kept = rows["keep"].to_pylist().index(True)
    pq.write_table(rows.take([n for n in range(len(rows)) if n != kept]), part)
    (problem,) = examine(store)
    assert f"1 images have no verdict of {generation.stage}" in problem
    assert sum(
        sum(share.lost.get(generation.stage, {}).values()) for share in count(store).labels
    ) == (count(store).stages[stage].missing + sum(count(store).stages[stage].rejected.values()))
