import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from odd_stages import NoWeights, Picky, Whole
from stores import make_store, picture

from postprocess import cli, pipeline
from postprocess.executors.local import Local
from postprocess.options import STAGE_VERBS, parser
from postprocess.stage import StageError
from postprocess.stages.label import Label
from postprocess.verdicts import Verdicts


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stages that need no child process and no network, in place of the real ones."""
    stages: list[Any] = [Picky(), Label()]
    monkeypatch.setattr(pipeline, "build", lambda recipe, *options: stages)
    return stages


def test_run_judges_everything_and_prints_the_funnel(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_store(tmp_path, [b"1", b"2", b"bad"])
    assert cli.main(["run", str(store.root)]) == 0
    assert "2 images kept" in capsys.readouterr().out
    assert cli.main(["status", str(store.root)]) == 0
    assert "red ford mustang" in capsys.readouterr().out


def test_status_for_programs(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    cli.main(["run", str(store.root)])
    capsys.readouterr()
    assert cli.main(["status", str(store.root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["stages"][0]["rejected"] == {"bad": 1}


def test_status_says_which_sum_does_not_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3
    from contextlib import closing

    store = make_store(tmp_path, [b"1", b"2"])
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        ledger.execute("delete from result where rank = 0")
    assert cli.main(["status", str(store.root)]) == 1
    assert "results (1) and URLs + repeats (2) are not the same" in capsys.readouterr().err


def test_a_skipped_stage_is_said_and_ends_with_1(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    quick[:] = [Picky(), NoWeights(), Label()]
    store = make_store(tmp_path, [b"1"])
    assert cli.main(["run", str(store.root)]) == 1
    assert "no_weights was skipped: there are no weights" in capsys.readouterr().err
    assert Verdicts(store).current()[2].skipped == ""


def test_nothing_kept_is_not_credible(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_store(tmp_path, [b"bad"])
    assert cli.main(["run", str(store.root)]) == 1
    assert "no image was kept" in capsys.readouterr().err


def test_a_missing_file_is_said_and_ends_with_1(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_store(tmp_path, [b"1", b"2"])
    next(store.images_dir.rglob("*.jpg")).unlink()
    assert cli.main(["run", str(store.root)]) == 1
    assert "picky did not judge 1 image" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["run", "verify", "status", "report", "review", "hits", "doctor"])
def test_no_store_is_wrong_usage(
    tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([verb, str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("postprocess: ")
    assert "is no store" in said
    assert said.count("\n") == 1


def test_a_bad_recipe_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = make_store(tmp_path, [b"1"])
    store.recipe_path.write_text("name = ")
    assert cli.main(["run", str(store.root)]) == 2
    assert "recipe.toml" in capsys.readouterr().err


def test_an_unknown_format_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_store(tmp_path, [b"1"])
    assert cli.main(["export", str(store.root), "--format", "nix", "--to", "x"]) == 2
    assert "folders" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_store_that_cannot_be_written_ends_with_74(
    tmp_path: Path,
    quick: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(number, "no way")

    store = make_store(tmp_path, [b"1"])
    monkeypatch.setattr("os.fsync", full)
    assert cli.main(["run", str(store.root)]) == 74
    assert "cannot write" in capsys.readouterr().err


def test_ctrl_c_ends_with_one_line(
    tmp_path: Path,
    quick: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run", stop)
    assert cli.main(["run", str(make_store(tmp_path, [b"1"]).root)]) == 130
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "backend", "said"),
    [
        (["--backbone", "ResNet51"], "", "no backbone 'ResNet51'"),
        (["--backbone", "demo", "--weights", __file__], "", "brings its own weights"),
        ([], "abacus", "KERAS_BACKEND=abacus"),
    ],
)
@pytest.mark.parametrize("verb", ["run", "subject"])
def test_a_backbone_that_cannot_be_is_wrong_usage_and_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: str,
    given: list[str],
    backend: str,
    said: str,
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", backend)
    store = make_store(tmp_path, [b"1"])
    assert cli.main([verb, str(store.root), *given]) == 2
    assert said in capsys.readouterr().err
    assert not store.verdicts_dir.exists()


def test_a_stage_that_cannot_run_again_is_said_and_ends_with_1(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    class Offline(Picky):
        def open(self) -> Any:
            raise StageError("no network")

    store = make_store(tmp_path, [b"1"])
    assert cli.main(["run", str(store.root)]) == 0
    quick[0] = Offline(dislikes=b"x")
    assert cli.main(["run", str(store.root)]) == 1
    said = capsys.readouterr().err
    assert said == "postprocess: picky could not run: no network; what it judged before counts\n"


def test_an_export_without_a_stage_says_so_and_ends_with_1(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    quick[:] = [Picky(), Whole(), NoWeights(), Label()]
    store = make_store(tmp_path, [picture()])
    cli.main(["run", str(store.root)])
    capsys.readouterr()
    to = tmp_path / "dataset"
    command = ["export", str(store.root), "--format", "folders", "--to", str(to)]
    assert cli.main(command) == 1
    assert "no_weights was skipped: there are no weights" in capsys.readouterr().err
    assert list(to.glob("*/*/*.jpg"))
    quick[2:3] = []
    cli.main(["run", str(store.root)])
    assert cli.main(command) == 0


def test_what_cannot_be_read_is_named_and_is_not_a_store_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def locked(path: Path, **_: Any) -> str:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    store = make_store(tmp_path, [b"1"])
    monkeypatch.setattr(Path, "read_text", locked)
    assert cli.main(["status", str(store.root)]) == 1
    assert str(store.verdicts_dir / "current.json") in capsys.readouterr().err


def test_a_dataset_that_cannot_be_written_ends_with_74(
    tmp_path: Path, quick: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_store(tmp_path, [b"1"])
    cli.main(["run", str(store.root)])
    to = store.recipe_path / "dataset"
    assert cli.main(["export", str(store.root), "--format", "folders", "--to", str(to)]) == 74
    assert f"cannot write {to}" in capsys.readouterr().err


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path, form: list[str]) -> None:
    store = make_store(tmp_path, [b"1"])
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "postprocess", "status", str(store.root), *form]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("seed", ["99999999999999999999", "-1", "one"])
def test_a_seed_that_the_splits_cannot_hold_is_wrong_usage(
    seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["export", "s", "--format", "folders", "--to", "x", f"--seed={seed}"])
    assert ended.value.code == 2
    assert f"{seed} is no whole number from 0 to {2**63 - 1}" in capsys.readouterr().err


def test_every_verb_shows_an_example_that_it_understands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "truth.tsv").touch()
    monkeypatch.chdir(tmp_path)
    for verb in cli._VERBS:
        with pytest.raises(SystemExit):
            parser().parse_args([verb, "--help"])
        example = capsys.readouterr().out.partition("example: python -m postprocess ")[2]
        assert parser().parse_args(example.split()).verb == verb


@pytest.mark.parametrize("verb", STAGE_VERBS)
def test_the_number_of_workers_reaches_the_stages(
    tmp_path: Path, quick: list[Any], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    store = make_store(tmp_path, [b"1", b"bad"])
    asked = []
    monkeypatch.setattr(pipeline, "run", lambda *arguments: asked.append(arguments[-1]))
    for options in ([], ["--workers", "3"]):
        cli.main([verb, str(store.root), *options])
    assert asked == [Local(), Local(3)]


@pytest.mark.parametrize("count", ["0", "-1", "1025", "many"])
def test_a_wrong_number_of_workers_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], count: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["run", str(tmp_path), f"--workers={count}"])
    assert ended.value.code == 2
    assert f"{count} is no whole number from 1 to 1024" in capsys.readouterr().err
