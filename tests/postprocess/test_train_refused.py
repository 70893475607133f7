"""What no judge can be made of, and what is none."""

import json
import shutil
from pathlib import Path

import pytest
from stores import BLUE, RED, Found, make_store, picture
from training import Planted

from carscrape.store import Store
from postprocess import cli
from postprocess.backbones import trainable
from postprocess.models.judges import FACTS

TRAIN = ("--backbone", "demo", "--epochs=1")


def store_of(tmp_path: Path, count: int, *labels: dict[str, str]) -> Store:
    found = [
        Found(picture(n) + name.encode(), label)
        for name, label in zip("abc", labels, strict=False)
        for n in range(count)
    ]
    store = make_store(tmp_path, found)
    Planted(store).run()
    return store


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    code = cli.main([*map(str, words)])
    said = capsys.readouterr().err
    assert said.startswith("postprocess: ")
    assert said.count("\n") == 1
    return code, said


@pytest.mark.parametrize(
    ("labels", "target", "said"),
    [
        ((), "color", "was kept, so there is nothing to learn from"),
        ((RED,), "color", "too few images to tell color apart: only 'red' has 10 images in train"),
        ((RED, BLUE), "body_type", "hit counts"),
    ],
)
def test_too_little_is_one_clear_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    labels: tuple[dict[str, str], ...],
    target: str,
    said: str,
) -> None:
    store = store_of(tmp_path, 40, *labels)
    code, line = refused(capsys, "train", store.root, *TRAIN, "--target", target)
    assert code == 1
    assert said in line
    assert not (store.root / "judges").exists()


def test_few_images_are_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = store_of(tmp_path, 4, RED, BLUE)
    code, line = refused(capsys, "train", store.root, *TRAIN, "--target", "color")
    assert (code, "no class has 10 images in train" in line) == (1, True)
    store = store_of(tmp_path / "more", 60, RED, BLUE)
    code, line = refused(capsys, "train", store.root, *TRAIN, "--target", "color")
    assert (code, "in the split val, and 20 are needed" in line) == (1, True)


def test_wrong_words_are_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = store_of(tmp_path, 1, RED)
    for words, said in [
        (
            ["--target", "size"],
            "no target 'size': there is color, make, model, colour, body_type and",
        ),
        (["--backbone", "ResNet51"], "no backbone 'ResNet51'"),
        (["--to", store.root], "is not empty and holds no judge"),
        (["--to", store.recipe_path], "is a file"),
    ]:
        code, line = refused(capsys, "train", store.root, *TRAIN, *words)
        assert (code, said in line) == (2, True), line


def test_missing_weights_are_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from postprocess.models.weights import BackboneError

    def missing(*_: object) -> None:
        raise BackboneError("no ImageNet weights for ResNet50")

    monkeypatch.setattr(trainable, "build", missing)
    store = store_of(tmp_path, 150, RED, BLUE)
    code, line = refused(capsys, "train", store.root, "--target", "color")
    assert (code, "no ImageNet weights for ResNet50" in line) == (1, True)


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that knows nothing, as it would be written."""
    import pyarrow.parquet as pq

    from postprocess.models.facts import file_sha256, input_size
    from postprocess.models.judges import OPINIONS

    folder = tmp_path_factory.mktemp("judge")
    trainable.save(trainable.build("demo", None, 2), folder / "w.weights.h5")
    pq.write_table(OPINIONS.empty_table(), folder / "o.parquet")
    files = {"weights": "w.weights.h5", "opinions": "o.parquet"}
    facts = {
        "target": {"name": "color", "attributes": ["color"], "labels": {}},
        "classes": ["blue", "red"],
        "backbone": "demo",
        "input_size": input_size("demo"),
        "temperature": 1.0,
        "min_support": 0.5,
        "majority": 0.5,
        **{k: {"name": v, "sha256": file_sha256(folder / v)} for k, v in files.items()},
    }
    (folder / FACTS).write_text(json.dumps(facts))
    return folder


def test_a_whole_judge_is_taken(
    tmp_path: Path, judge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(tmp_path, 2, RED)
    cli.main(["label", str(store.root), "--judge", str(judge)])
    assert "agreement: not run yet" in capsys.readouterr().out


def test_a_run_that_leaves_the_judge_out_says_so_once(
    tmp_path: Path, judge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(tmp_path, 2, RED)
    for judged_by, lines in ((["--judge", str(judge)], 0), ([], 1), ([], 0)):
        cli.main(["run", str(store.root), "--backbone", "demo", *judged_by])
        said = [line for line in capsys.readouterr().err.splitlines() if "judge" in line]
        assert len(said) == lines
        assert all(f"{store.root} was judged with a trained judge" in line for line in said)
        assert all("give --judge FOLDER" in line for line in said)


@pytest.mark.accepts("I02")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weights": {"name": "../../etc/passwd", "sha256": ""}}, "passwd: No such file"),
        ({"weights": {"name": "o.parquet", "sha256": "0"}}, "o.parquet is another file"),
        ({"backbone": "os.system"}, "no backbone 'os.system'"),
        ({"input_size": 10**9}, "of 1000000000 pixels"),
        ({"temperature": "hot"}, "hot"),
        ({"classes": None}, "NoneType"),
        ({"target": []}, "is damaged"),
    ],
)
def test_a_damaged_judge_is_refused(
    tmp_path: Path,
    judge: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
    said: str,
) -> None:
    folder = tmp_path / "judge"
    shutil.copytree(judge, folder)
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps(facts | change))
    store = store_of(tmp_path, 1, RED)
    code, line = refused(capsys, "label", store.root, "--judge", folder)
    assert code == 2
    assert said in line


def test_no_judge_and_other_weights_are_refused(
    tmp_path: Path, judge: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = store_of(tmp_path, 1, RED)
    code, line = refused(capsys, "label", store.root, "--judge", tmp_path)
    assert (code, "holds no judge" in line) == (2, True)
    folder = tmp_path / "judge"
    shutil.copytree(judge, folder)
    content = bytearray((folder / "w.weights.h5").read_bytes())
    content[-1] ^= 1
    (folder / "w.weights.h5").write_bytes(content)
    code, line = refused(capsys, "label", store.root, "--judge", folder)
    assert (code, "is another file than it names" in line) == (2, True)
