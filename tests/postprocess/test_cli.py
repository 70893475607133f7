import errno
import json
from pathlib import Path
from typing import Any

import pytest
from odd_stages import NoWeights, Picky
from stores import make_store

from postprocess import cli, pipeline
from postprocess.options import parser
from postprocess.stages.label import Label
from postprocess.verdicts import Verdicts


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stages that need no child process and no network, in place of the real ones."""
    stages: list[Any] = [Picky(), Label()]
    monkeypatch.setattr(pipeline, "build", lambda recipe, backbone, weights: stages)
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


@pytest.mark.parametrize("verb", ["run", "verify", "status", "report", "hits", "doctor"])
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
