from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from odd_stages import NoWeights, Picky, Whole
from stores import BLUE, RED, Found, make_store, sha

from carscrape.store import Store, StoreError, WriteError
from postprocess import pipeline
from postprocess.labels import kept_images
from postprocess.stage import Stage, StageError
from postprocess.stages.label import Label
from postprocess.stages.subject import Subject
from postprocess.tables import input_table
from postprocess.verdicts import Verdicts

SUBJECT = Subject("demo", None, frozenset({"n02814533"}))


@dataclass(frozen=True)
class Stopped(Picky):
    """Ends the run in its middle."""

    error: ClassVar[BaseException] = KeyboardInterrupt()

    def open(self) -> Any:
        raise self.error


@dataclass(frozen=True)
class Network(Picky):
    """Depends on a network that the command line chooses; without weights it cannot start."""

    name: ClassVar[str] = "network"
    backbone: str = "demo"
    weights: Path | None = None

    def open(self) -> Any:
        if self.backbone != "demo":
            raise StageError(f"no weights for {self.backbone}")


def kept(store: Store) -> set[str]:
    return {id_.hex() for id_ in kept_images(store)["id"].to_pylist()}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), WriteError("full"), OSError("I/O")])
@pytest.mark.parametrize("only", [None, "picky"])
def test_a_stage_that_is_stopped_leaves_what_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, only: str | None
) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    before = pipeline.run(store, [Picky(), Whole(), Network(), Label()])
    monkeypatch.setattr(Stopped, "error", error)
    with pytest.raises(type(error)):
        pipeline.run(store, [Stopped(dislikes=b"x"), Whole(), Network(), Label()], only)
    assert Verdicts(store).current() == before
    assert kept(store) == {sha(b"1")}


def test_a_stage_stopped_in_its_first_run_shows_and_takes_no_other_away(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    pipeline.run(store, [Whole(), Label()])
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(store, [Whole(), Stopped(), Label()])
    assert [g.stage for g in Verdicts(store).current()] == ["whole", "picky", "label"]
    assert kept(store) == set()  # not judged yet, so not exported


@pytest.mark.parametrize("only", [None, "network"])
def test_a_stage_that_cannot_start_keeps_its_earlier_verdicts_and_says_so(
    tmp_path: Path, only: str | None
) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    before = pipeline.run(store, [Picky(), Network(), Label()])
    network = Network(backbone="ResNet50")
    after = pipeline.run(store, [Picky(), network, Label()], only)
    assert [g.key for g in after] == [g.key for g in before]
    assert [g.failed for g in after] == ["", "no weights for ResNet50", ""]
    assert Verdicts(store).current() == after
    assert kept(store) == {sha(b"1")}
    assert pipeline.run(store, [Picky(), Network(), Label()]) == before


def test_a_stage_that_could_never_start_is_skipped(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1"])
    stages = [NoWeights(), Label()]
    for _ in range(2):
        assert pipeline.run(store, stages)[0].skipped == "there are no weights"
    assert pipeline.run(store, stages, only="label")[0].skipped == "there are no weights"


def test_verdicts_of_another_recipe_do_not_stand_and_those_of_another_backbone_do(
    tmp_path: Path,
) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    (judged, _) = pipeline.run(store, [Network(), Label()])

    def standing(network: Stage) -> Any:
        return pipeline.run(store, [network, Label()], only="label")[0]

    assert standing(Network(backbone="ResNet50", weights=tmp_path)) == judged
    assert standing(Network(dislikes=b"x")).skipped == pipeline.NOT_RUN


def test_the_subject_waits_for_verify(tmp_path: Path) -> None:
    (generation,) = pipeline.run(make_store(tmp_path, [b"1"]), [SUBJECT])
    assert generation.skipped == "verify has not run"


def test_what_is_needed_must_have_run_before(tmp_path: Path) -> None:
    class Needs(Network):
        needs: ClassVar[tuple[str, ...]] = ("picky",)

    store = make_store(tmp_path, [b"1"])
    assert [g.skipped for g in pipeline.run(store, [Picky(), Needs()])] == ["", ""]
    first, second = pipeline.run(store, [NoWeights(), Needs(dislikes=b"x")])
    assert first.skipped
    assert second.failed == "picky has not run"


def test_the_table_is_made_once_a_run_and_holds_every_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def once(store: Store) -> Any:
        made.append(input_table(store))
        return made[-1]

    monkeypatch.setattr(pipeline, "input_table", once)
    entries = [Found(b"1", RED), Found(b"2", BLUE), Found(b"1", BLUE), Found(b"bad", RED)]
    pipeline.run(make_store(tmp_path, entries), [Picky(), Whole(), Label()])
    (table,) = made
    (row,) = (row for row in table.to_pylist() if row["id"].hex() == sha(b"1"))
    assert row["copies"] == 2
    assert ['"red"' in one["attributes"] for one in row["found"]] == [True, False]
    assert table["id"].to_pylist() == sorted(table["id"].to_pylist())


def test_what_a_table_stage_sees_has_one_digest_however_it_was_narrowed(tmp_path: Path) -> None:
    """Else a label would be made anew for want of a reason."""
    few = make_store(tmp_path / "few", [b"1", b"2"])
    many = make_store(tmp_path / "many", [b"1", b"2", b"bad", b"bad too"])
    keys = [pipeline.run(store, [Picky(), Label()])[1].key for store in (few, many)]
    assert keys[0] == keys[1]


def test_a_damaged_list_of_what_counts_is_named(tmp_path: Path) -> None:
    store = make_store(tmp_path, [b"1"])
    pipeline.run(store, [Picky()])
    (store.verdicts_dir / "current.json").write_text("[")
    with pytest.raises(StoreError, match=r"current\.json"):
        pipeline.run(store, [Picky()])
