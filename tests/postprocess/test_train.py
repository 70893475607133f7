"""A judge trained on a small store, from the command line to the verdicts."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from stores import Found, make_store, picture
from training import Planted, planted

from postprocess import cli
from postprocess.backbones import trainable
from postprocess.models.judges import FACTS, read_judge
from postprocess.pixels import read_pixels
from postprocess.train.thresholds import COST
from postprocess.verdicts import Verdicts

EPOCHS = 25
TRAIN = ("--target", "model", "--backbone", "demo", f"--epochs={EPOCHS}")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Planted, Path]:
    """A store in which a tenth of the labels is wrong, and a judge trained on it."""
    made = planted(tmp_path_factory.mktemp("train"))
    folder = made.store.root.parent / "judge"
    assert train(made, folder) == 0
    return made, folder


def train(made: Planted, folder: Path, *more: str) -> int:
    return cli.main(["train", str(made.store.root), *TRAIN, "--to", str(folder), *more])


def said(made: Planted, stage: str) -> dict[str, dict[str, Any]]:
    verdicts = Verdicts(made.store)
    key = next(one.key for one in verdicts.current() if one.stage == stage)
    return {row.pop("id").hex(): row for row in verdicts.read(stage, key).to_pylist()}


@pytest.mark.accepts("G07")
def test_wrong_labels_are_found_and_few_right_ones_lost(learnt: tuple[Planted, Path]) -> None:
    made, folder = learnt
    before = made.run()
    kept = made.run(read_judge(folder))
    found, lost = made.wrong - kept, before - kept - made.wrong
    print(f"found {len(found)} of {len(made.wrong)}, lost {len(lost)} of {len(before)}")
    assert len(found) >= 0.75 * len(made.wrong)
    assert len(lost) <= 0.01 * len(before)
    seen = {image: row["seen_class"] for image, row in said(made, "agreement").items()}
    assert np.mean([seen[image] == made.true[image] for image in found]) >= 0.9


def test_the_report_says_what_is_so(learnt: tuple[Planted, Path]) -> None:
    made, folder = learnt
    report = json.loads((folder / "report.json").read_text())
    share = len(made.wrong) / len(made.true)
    assert report["noise"] == pytest.approx(share, abs=0.05)
    low, high = report["test"]["right"]["interval"]
    assert low <= 1 - share <= high
    assert sum(map(sum, report["test"]["confusion"])) == report["test"]["right"]["n"]
    assert report["test"]["found"]["share"] >= 0.75
    assert report["validation"]["reliability"]["error"] < 0.15
    text = (folder / "report.md").read_text()
    assert "| mustang |" in text
    assert "95 % interval" in text
    assert (folder / "report.png").read_bytes().startswith(b"\x89PNG")


def test_every_image_is_judged_by_a_network_that_did_not_learn_from_it(
    learnt: tuple[Planted, Path],
) -> None:
    """The last network knows its training images, wrong labels and all, better than the others."""
    made, folder = learnt
    judge = read_judge(folder)
    facts = json.loads((folder / FACTS).read_text())
    assert sum(facts["images"].values()) == len(made.true)
    rows = pq.read_table(judge.opinions).to_pylist()
    assert {row["id"].hex() for row in rows} == set(made.true)
    model = trainable.load("demo", judge.weights, len(judge.classes))
    paths = {path.stem: path for path in made.store.images_dir.rglob("*.jpg")}
    pixels = [read_pixels(paths[row["id"].hex()].read_bytes(), judge.input_size) for row in rows]
    now = judge.said(model.predict(np.stack(pixels), verbose=0))
    then = [dict(zip(row["classes"], row["probabilities"], strict=True)) for row in rows]
    moved = [
        abs(then[n].get(name, 0.0) - now[n, c]) > 1e-3
        for n in range(len(rows))
        for c, name in enumerate(judge.classes)
    ]
    changed = np.reshape(moved, (len(rows), -1)).any(axis=1).sum()
    outside = facts["images"]["val"] + facts["images"]["test"]
    assert len(rows) - outside >= changed >= 0.2 * (len(rows) - outside)


def test_the_same_seed_gives_the_same_judge_and_verdicts(
    learnt: tuple[Planted, Path], tmp_path: Path
) -> None:
    made, folder = learnt
    made.run()
    assert train(made, tmp_path / "again") == 0
    assert (tmp_path / "again" / FACTS).read_text() == (folder / FACTS).read_text()
    one = made.run(read_judge(folder))
    assert made.run(read_judge(tmp_path / "again")) == one


def test_the_next_judge_learns_from_what_the_last_one_kept(
    learnt: tuple[Planted, Path], tmp_path: Path
) -> None:
    made, folder = learnt
    kept = made.run(read_judge(folder))
    assert train(made, tmp_path / "next") == 0
    judge = read_judge(tmp_path / "next")
    rows = pq.read_table(judge.opinions, columns=["id"]).to_pylist()
    assert {row["id"].hex() for row in rows} == kept
    again = made.run(judge)
    lost = kept - again - made.wrong
    print(f"wrong {len(kept & made.wrong)}, then {len(again & made.wrong)}; lost {len(lost)} more")
    assert len(again & made.wrong) <= len(kept & made.wrong)
    assert len(lost) <= COST * len(kept)


def test_a_judge_of_another_store_looks_for_itself(
    learnt: tuple[Planted, Path], tmp_path: Path
) -> None:
    _, folder = learnt
    other = planted(tmp_path, cars=410, wrong=0)  # the first 400 it knows
    kept = other.run(read_judge(folder))
    assert len(kept) >= 0.95 * len(other.true)
    seen = said(other, "trained")
    known = set(learnt[0].true)
    new = set(other.true) - known
    assert len(new) == 10
    assert np.mean([seen[image]["seen_classes"][0] == other.true[image] for image in new]) >= 0.8


def test_a_label_that_the_judge_does_not_know_is_kept(
    learnt: tuple[Planted, Path], tmp_path: Path
) -> None:
    _, folder = learnt
    store = make_store(
        tmp_path, [Found(picture(1), {"color": "red", "make": "fiat", "model": "500"})]
    )
    kept = Planted(store).run(read_judge(folder))
    assert len(kept) == 1
    (row,) = said(Planted(store), "agreement").values()
    assert (row["keep"], row["score"]) == (True, None)


def test_what_is_interrupted_leaves_the_old_judge(
    learnt: tuple[Planted, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made, folder = learnt
    made.run()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    for name in ("prepare_to_fit", "save"):
        with monkeypatch.context() as patch:
            patch.setattr(trainable, name, stopped)
            assert train(made, folder, "--epochs=1") == 130
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        assert not list(made.store.root.glob(".train-*"))
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.accepts("H07")
def test_a_takedown_names_the_judges_that_learnt_from_the_image(
    learnt: tuple[Planted, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, folder = learnt
    root = tmp_path / "store"
    shutil.copytree(made.store.root, root)
    copied = shutil.copytree(folder, root / "judges" / "model")
    broken = shutil.copytree(folder, root / "judges" / "old") / FACTS
    broken.write_text("{")
    image = pq.read_table(read_judge(folder).opinions)["id"][0].as_py().hex()
    other = next(iter(set(made.true) - {image}))
    assert cli.main(["takedown", str(root), "--hash", image]) == 1
    said = capsys.readouterr().err
    assert f"{copied} learnt from 1 of these images, train it again" in said
    assert f"{root} --target model" in said
    assert f"{broken.parent} may have learnt from it and cannot be read" in said
    shutil.rmtree(root / "judges")
    assert cli.main(["takedown", str(root), "--hash", other]) == 0
