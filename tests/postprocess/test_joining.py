from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from odd_stages import Picky, Whole
from stores import BLUE, Found, make_store, sha

from carscrape.store import StoreError
from postprocess import pipeline
from postprocess.joining import Rows, join
from postprocess.stage import Image, Verdict
from postprocess.verdicts import Verdicts


@dataclass(frozen=True)
class Measures(Picky):
    """Says how long each file is."""

    name: ClassVar[str] = "measures"
    columns: ClassVar[pa.Schema] = pa.schema([("size", pa.int32())])

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        return [Verdict(True, "ok", columns={"size": len(content)}) for content in prepared]


@dataclass(frozen=True)
class Longest(Whole):
    """Keeps the longest files alone."""

    name: ClassVar[str] = "longest"
    reasons: ClassVar[tuple[str, ...]] = ("ok", "shorter")
    needs: ClassVar[tuple[str, ...]] = ("measures",)
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"measures": ("size",)}

    def judge(self, table: pa.Table) -> pa.Table:
        keep = pc.equal(table["size"], pc.max(table["size"]))
        verdicts = super().judge(table)
        verdicts = verdicts.set_column(1, "keep", keep)
        reason = pc.if_else(keep, "ok", "shorter")
        return verdicts.set_column(2, "reason", reason).cast(self.schema())


def kept(found: Verdicts) -> set[str]:
    (generation,) = (one for one in found.current() if one.stage == "longest")
    rows = found.read("longest", generation.key, ["id", "keep"]).to_pylist()
    return {row["id"].hex() for row in rows if row["keep"]}


def test_a_table_stage_reads_columns_of_another(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1", b"22", b"333"])
    pipeline.run(store, [Measures(), Longest()])
    assert kept(Verdicts(store)) == {sha(b"333")}
    make_store(tmp_path, [Found(b"4444", BLUE)], shard="more")
    pipeline.run(store, [Measures(), Longest()])
    assert kept(Verdicts(store)) == {sha(b"4444")}


def test_other_parameters_of_what_it_reads_make_it_judge_anew(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1", b"22"])
    keys = [
        pipeline.run(store, [measures, Longest()])[1].key
        for measures in (Measures(), Measures(dislikes=b"x"), Measures())
    ]
    assert keys[0] == keys[2] != keys[1]


def test_it_waits_for_what_it_reads(tmp_path: Path) -> None:
    (generation,) = pipeline.run(make_store(tmp_path, [b"1"]), [Longest()])
    assert generation.skipped == "measures has not run"


def test_a_store_without_images_has_verdicts_on_none(tmp_path: Path) -> None:
    store = make_store(tmp_path, [Found(b"1", outcome=None)])
    generations = pipeline.run(store, [Measures(), Longest()])
    assert [generation.skipped for generation in generations] == ["", ""]
    assert kept(Verdicts(store)) == set()


def id_(number: int) -> bytes:
    return number.to_bytes(32, "big")


def part(path: Path, rows: Mapping[int, int]) -> Path:
    ids = pa.array([id_(number) for number in rows], pa.binary(32))
    pq.write_table(pa.table({"id": ids, "size": list(rows.values())}), path)
    return path


def test_the_first_verdict_on_an_image_counts_and_others_are_left_out(tmp_path: Path) -> None:
    parts = [part(tmp_path / "a", {3: 30, 1: 10}), part(tmp_path / "b", {1: 11, 9: 90, 2: 20})]
    ids = pa.array([id_(number) for number in (1, 2, 3, 4)], pa.binary(32))
    table = pa.table({"id": ids, "mine": ["one", "two", "three", "four"]})
    joined = join(table, parts, ["size"])
    assert joined.select(["mine", "size"]).to_pylist() == [
        {"mine": "three", "size": 30},
        {"mine": "one", "size": 10},
        {"mine": "two", "size": 20},
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_a_part_without_the_column_is_named(tmp_path: Path) -> None:
    parts = [part(tmp_path / "a", {1: 10})]
    table = pa.table({"id": pa.array([id_(1)], pa.binary(32))})
    with pytest.raises(StoreError, match=r"cannot read the verdicts .*/a"):
        join(table, parts, ["colour"])


def test_any_rows_in_any_order() -> None:
    table = pa.concat_tables(pa.table({"n": range(start, start + 7)}) for start in range(0, 70, 7))
    rows = np.random.default_rng(2).integers(0, 70, 200)
    assert Rows(table).take(rows)["n"].to_pylist() == rows.tolist()
