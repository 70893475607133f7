import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_stages import Picky

from carscrape.store import Store, StoreError, WriteError
from postprocess.stage import BASE_SCHEMA
from postprocess.stages.subject import Subject
from postprocess.stages.verify import Verify
from postprocess.verdicts import Generation, Verdicts

PARTS = st.lists(st.dictionaries(st.integers(0, 9), st.booleans(), min_size=1), max_size=5)


def table(keeps: dict[int, bool]) -> pa.Table:
    rows = [
        {"id": bytes([n] * 32), "keep": keep, "reason": "ok" if keep else "bad"}
        for n, keep in keeps.items()
    ]
    return pa.Table.from_pylist(rows, schema=Picky.schema())


def read(verdicts: Verdicts) -> dict[int, bool]:
    rows = verdicts.read("picky", "key", ["id", "keep"]).to_pylist()
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"][0]: row["keep"] for row in rows}


@settings(deadline=None)
@given(PARTS, st.randoms())
def test_of_two_verdicts_the_lowest_file_name_wins_whatever_was_written_first(
    parts: list[dict[int, bool]], random: Any
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        verdicts = Verdicts(Store(folder))
        for part in parts:
            verdicts.write(Picky, "key", table(part))
        named = sorted(Path(folder).rglob("part-*.parquet"))
        random.shuffle(parts)
        for path, part in zip(named, parts, strict=True):
            pq.write_table(table(part), path)
        expected: dict[int, bool] = {}
        for part in parts:
            expected = part | expected
        assert read(verdicts) == expected


def test_strays_of_a_killed_writer_are_ignored(tmp_path: Path) -> None:
    verdicts = Verdicts(Store(tmp_path))
    verdicts.write(Picky, "key", table({1: True}))
    folder = tmp_path / "verdicts" / "picky" / "key"
    (folder / ".part-00.parquet.123").write_bytes(b"half a part")
    assert read(verdicts) == {1: True}
    assert verdicts.exists("picky", "key")


def test_nothing_written_reads_as_an_empty_table(tmp_path: Path) -> None:
    verdicts = Verdicts(Store(tmp_path))
    assert verdicts.read("picky", "key").schema == BASE_SCHEMA
    assert verdicts.read("picky", "key", ["id", "detail"]).num_rows == 0
    assert verdicts.current() == []


def test_a_damaged_part_is_named(tmp_path: Path) -> None:
    verdicts = Verdicts(Store(tmp_path))
    verdicts.write(Picky, "key", table({1: True}))
    (part,) = tmp_path.rglob("part-*.parquet")
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(StoreError, match=part.name):
        read(verdicts)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"reason": ["who_knows"]}, "does not declare.*who_knows"),
        ({"reason": ["ok"], "more": [1]}, "more"),
    ],
)
def test_rows_that_do_not_fit_the_stage_are_refused(
    tmp_path: Path, rows: dict[str, list[Any]], message: str
) -> None:
    columns = {name: table({1: True})[name] for name in Picky.schema().names} | rows
    with pytest.raises(StoreError, match=message):
        Verdicts(Store(tmp_path)).write(Picky, "key", pa.table(columns))
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_store_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "verdicts").write_text("in the way")
    with pytest.raises(WriteError, match="cannot write"):
        Verdicts(Store(tmp_path)).write(Picky, "key", table({1: True}))


def test_every_stage_that_ran_passes_on_what_it_kept(tmp_path: Path) -> None:
    verdicts = Verdicts(Store(tmp_path))
    verdicts.write(Picky, "one", table({1: True, 2: False, 3: True}))
    verdicts.write(Picky, "two", table({1: True, 2: True, 3: False}))
    generations = [
        Generation("picky", "one", {}, ()),
        Generation("never", "", {}, (), skipped="no weights"),
        Generation("picky", "two", {}, ()),
    ]
    ids = pa.array([bytes([n] * 32) for n in (1, 2, 3, 4)], pa.binary(32))
    one, two = verdicts.walk(ids, generations)
    assert (one.entered, two.entered) == (4, 2)
    assert sorted(id_[0] for id_ in one.kept.to_pylist()) == [1, 3]
    assert [id_[0] for id_ in two.kept.to_pylist()] == [1]
    assert two.rejected.to_pylist() == [{"id": bytes([3] * 32), "reason": "bad"}]
    assert verdicts.kept(ids, generations) == two.kept


def test_what_is_current_reads_back(tmp_path: Path) -> None:
    verdicts = Verdicts(Store(tmp_path))
    generations = [Generation("verify", "a", {"x": 1}, ("ok",)), Generation("s", "", {}, (), "no")]
    verdicts.set_current(generations)
    assert verdicts.current() == generations
    (tmp_path / "verdicts" / "current.json").write_text("[{}]")
    with pytest.raises(StoreError, match=r"current\.json"):
        verdicts.current()


LIMITS = st.tuples(st.integers(1, 3), st.integers(1, 3), st.sampled_from([2.0, 5.0]), st.booleans())


@settings(deadline=None)
@given(LIMITS, LIMITS)
def test_the_key_changes_if_and_only_if_a_parameter_does(
    one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    assert (Verify(*one).key() == Verify(*other).key()) == (one == other)


def test_the_key_changes_with_what_a_table_stage_depends_on() -> None:
    assert len({Verify().key(), Verify().key("a"), Verify().key("b"), Verify().key("a", "b")}) == 4


def test_the_key_is_the_same_in_every_process() -> None:
    synsets = frozenset(f"n{n:08}" for n in range(20))
    stage = Subject(backbone="demo", weights=None, synsets=synsets)
    code = (
        "from postprocess.stages.subject import Subject;"
        "synsets = frozenset(f'n{n:08}' for n in range(20));"
        "print(Subject(backbone='demo', weights=None, synsets=synsets).key())"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code]
        printed = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True
        ).stdout
        assert printed.strip() == stage.key()
