import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import ClassVar

import pyarrow as pa
import pytest
from odd_stages import CrashingDecoder, NoWeights, Obeys, Picky, Whole
from stores import BLUE, Found, make_store, picture, sha

from carscrape.store import Store
from postprocess import pipeline, runner
from postprocess.labels import kept_images
from postprocess.stage import Image, Stage, StageError
from postprocess.stages.label import Label
from postprocess.verdicts import Verdicts
from postprocess.workers import prepared


def run_and_read(store: Store, stage: Stage) -> dict[str, str]:
    (generation,) = pipeline.run(store, [stage])
    assert not generation.skipped
    rows = Verdicts(store).read(stage.name, generation.key, ["id", "reason"]).to_pylist()
    return {row["id"].hex(): row["reason"] for row in rows}


def parts(store: Store) -> set[Path]:
    return set(store.verdicts_dir.rglob("part-*.parquet"))


@pytest.mark.accepts("B07")
def test_a_crash_a_hang_and_greed_cost_their_images_only(tmp_path: Path) -> None:
    odd = [b"crash", b"hang", b"memory", b"raise"]
    good = [b"%d" % n for n in range(40)]  # more than a chunk
    said = run_and_read(make_store(tmp_path, odd + good), Obeys())
    assert said == {
        **{sha(content): "decoder_failed" for content in odd},
        **{sha(content): "ok" for content in good},
    }


@pytest.mark.accepts("B07")
def test_verify_goes_on_after_a_crash_a_hang_and_greed(tmp_path: Path) -> None:
    good = [picture(n) for n in range(3)]
    odd = [picture(3) + b"crash", picture(4) + b"hang", picture(5) + b"greed"]
    store = make_store(tmp_path, [odd[0], *good, *odd[1:]])
    assert run_and_read(store, CrashingDecoder()) == {
        **{sha(content): "decoder_failed" for content in odd},
        **{sha(content): "ok" for content in good},
    }
    (generation,) = pipeline.run(store, [CrashingDecoder()])
    details = Verdicts(store).read("verify", generation.key, ["reason", "detail"]).to_pylist()
    said = {row["detail"].partition(":")[0] for row in details if row["reason"] != "ok"}
    assert said == {"ProcessExpired", "TimeoutError", "MemoryError"}


def test_the_error_goes_into_the_column_detail(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"raise"])
    (generation,) = pipeline.run(store, [Obeys()])
    (detail,) = Verdicts(store).read("obeys", generation.key, ["detail"])["detail"].to_pylist()
    assert detail == "LookupError: nobody expected this"


def test_ctrl_c_does_not_reach_the_child_processes(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(b"blocked signals")
    ((_, blocked),) = prepared(Obeys(), [Image(sha(b"blocked signals"), path)])
    assert signal.SIGINT in blocked


def test_a_thread_that_raises_costs_that_image_only(tmp_path: Path) -> None:
    said = run_and_read(make_store(tmp_path, [b"raise", b"bad", b"good"]), Picky())
    assert said == {sha(b"raise"): "decoder_failed", sha(b"bad"): "bad", sha(b"good"): "ok"}


def test_a_batch_that_raises_is_tried_again_one_by_one(tmp_path: Path) -> None:
    said = run_and_read(make_store(tmp_path, [b"poison", b"bad", b"good"]), Picky())
    assert said == {sha(b"poison"): "decoder_failed", sha(b"bad"): "bad", sha(b"good"): "ok"}


def test_a_judge_that_fails_on_every_image_is_the_stage_s_fault(tmp_path: Path) -> None:
    class Broken(Picky):
        def judge(self, model, images, prepared):
            raise RuntimeError("no kernel")

    store = make_store(tmp_path, [b"1", b"2"])
    (generation,) = pipeline.run(store, [Broken()])
    assert generation.skipped == "picky failed on 2 images in a row: no kernel"
    assert not parts(store)


def test_the_second_run_judges_only_what_is_new(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    run_and_read(store, Picky())
    before = parts(store)
    run_and_read(store, Picky())
    assert parts(store) == before
    make_store(tmp_path, [b"2"], shard="more")
    assert len(run_and_read(store, Picky())) == 3
    (new,) = parts(store) - before
    assert pa.parquet.read_table(new).num_rows == 1


def test_a_run_with_nothing_new_loads_no_model_and_writes_no_verdict(tmp_path: Path) -> None:
    class Once(Picky):
        opened: ClassVar[list[str]] = []

        def open(self) -> None:
            self.opened.append("a model")

    store = make_store(tmp_path, [b"1", b"bad"])
    stages = [Once(), Whole(), Label()]
    pipeline.run(store, stages)
    before = {path: path.stat().st_mtime_ns for path in parts(store)}
    pipeline.run(store, stages)
    assert Once.opened == ["a model"]
    assert {path: path.stat().st_mtime_ns for path in parts(store)} == before


def test_images_are_prepared_ahead_of_a_model_that_is_at_work(tmp_path: Path) -> None:
    enough, count = Event(), iter(range(1, 1000))

    class Counts(Picky):
        def prepare(self, image: Image) -> None:
            if next(count) == 2 * self.batch_size:
                enough.set()

    images = [Image(f"{n:064x}", tmp_path) for n in range(500)]
    ready = prepared(Counts(), images)
    next(ready)
    assert enough.wait(60)
    assert next(count) < len(images)  # but not all of them at once
    ready.close()


def test_another_threshold_leaves_the_old_verdicts_alone(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    run_and_read(store, Picky())
    before = parts(store)
    assert set(run_and_read(store, Picky(dislikes=b"x")).values()) == {"ok"}
    assert before < parts(store)


@pytest.mark.parametrize("stage", [Obeys(), Picky()])  # in processes, in threads
def test_what_cannot_be_read_gets_no_verdict_until_it_can(tmp_path: Path, stage: Stage) -> None:
    contents = [b"missing", b"torn", b"no file", b"good"]
    store = make_store(tmp_path, contents)
    missing, torn, no_file, _ = (store.image_path(sha(c), "image/jpeg") for c in contents)
    missing.unlink()
    torn.write_bytes(b"to")
    no_file.unlink()
    no_file.mkdir()
    assert run_and_read(store, stage) == {sha(b"good"): "ok"}
    torn.write_bytes(b"torn")
    assert run_and_read(store, stage) == {sha(b"good"): "ok", sha(b"torn"): "ok"}


def test_parts_are_closed_when_full_or_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store(tmp_path, [b"%d" % n for n in range(70)])
    monkeypatch.setattr(runner, "PART_ROWS", 1)
    run_and_read(store, Picky())
    assert len(parts(store)) == 3  # one per batch
    monkeypatch.setattr(runner, "PART_ROWS", 4096)
    monkeypatch.setattr(runner, "PART_SECONDS", 0.0)
    run_and_read(store, Picky(dislikes=b"x"))
    assert len(parts(store)) == 6


def test_a_table_stage_must_answer_for_every_image(tmp_path: Path) -> None:
    class Forgets(Whole):
        def judge(self, table: pa.Table) -> pa.Table:
            return super().judge(table.slice(1))

    store = make_store(tmp_path, [b"1", b"2"])
    table = pipeline.input_table(store)
    with pytest.raises(StageError, match="one row per image"):
        runner.run_table_stage(Forgets(), "key", table, Verdicts(store), {})


def test_a_stage_that_cannot_run_is_skipped_and_the_others_run(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    generations = pipeline.run(store, [Picky(), NoWeights(), Label()])
    assert [generation.skipped for generation in generations] == ["", "there are no weights", ""]
    assert kept_images(store)["id"].to_pylist() == [bytes.fromhex(sha(b"1"))]
    assert Verdicts(store).current() == generations


def test_one_stage_alone_leaves_the_others_as_far_as_they_hold(tmp_path: Path) -> None:
    stages = [Picky(), Whole(), Label()]
    store = make_store(tmp_path, [b"1", b"bad"])
    all_run = pipeline.run(store, stages)
    assert pipeline.run(store, stages, only="picky") == all_run
    make_store(tmp_path, [b"2"], shard="more")
    assert [g.skipped for g in pipeline.run(store, stages, only="picky")] == [
        "",
        pipeline.NOT_RUN,
        pipeline.NOT_RUN,
    ]
    assert pipeline.run(store, stages)[0] == all_run[0]
    assert kept_images(store).num_rows == 2


def test_a_label_is_made_anew_when_another_query_finds_the_image(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1"])
    pipeline.run(store, [Label()])
    assert kept_images(store)["label"].to_pylist() == ["red ford mustang"]
    make_store(tmp_path, [Found(b"1", BLUE)], shard="more")
    pipeline.run(store, [Label()])
    assert kept_images(store).num_rows == 0


DIES_AT_PART = """
import os, signal, sys
from postprocess import cli, runner, verdicts
runner.PART_ROWS = 1
rename = verdicts.Path.replace
left = int(sys.argv[2])
def die(path, target):
    global left
    if target.name.startswith("part-"):
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
    return rename(path, target)
verdicts.Path.replace = die
sys.exit(cli.main(["verify", sys.argv[1]]))
"""


@pytest.mark.parametrize("part", [0, 2])
def test_kill_9_loses_at_most_the_open_part(tmp_path: Path, part: int) -> None:
    contents = [picture(n, (64 + n % 3, 64)) for n in range(90)]
    contents[::9] = [content[:300] for content in contents[::9]]
    store = make_store(tmp_path / "killed", contents)
    command = [sys.executable, "-c", DIES_AT_PART, str(store.root)]
    killed = subprocess.run([*command, str(part)], check=False)
    assert killed.returncode == -9
    left = parts(store)
    assert len(left) == part

    assert subprocess.run([*command, "99"], check=False, capture_output=True).returncode == 0
    assert left < parts(store)
    assert judged(store) == judged(uninterrupted(tmp_path, contents))


def uninterrupted(tmp_path: Path, contents: list[bytes]) -> Store:
    store = make_store(tmp_path / "whole", contents)
    pipeline.run(store, [pipeline.Verify()])
    return store


def judged(store: Store) -> list[dict[str, object]]:
    (generation, *_) = Verdicts(store).current()
    rows = Verdicts(store).read("verify", generation.key)
    return rows.sort_by("id").to_pylist()
