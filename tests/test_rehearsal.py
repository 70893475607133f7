"""The rehearsal of the seed's job: its recipe, and the whole of it as small as can be."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from carscrape.recipe import load
from tests.bench import rehearsal, rehearsal_job
from tests.bench.rehearsal_job import QUERIES, Job

_STEPS = (
    "crawl, shard 1, to its kill -9",
    "crawl, shard 1, started again",
    "crawl, shard 2",
    "the demo web meanwhile",
    *("verify", "dedupe", "subject", "colour", "label", "run again, nothing new", "doctor"),
    *("status", "report", "export as folders", "truth", "score"),
)

_BEFORE_COLOUR = ("crawl", "verify", "dedupe", "subject")


def _figures(text: str, name: str, columns: int) -> list[float]:
    """What stands behind a name in the table that has so many columns of figures."""
    rows = [line.split("|")[1:-1] for line in text.splitlines() if line.startswith(f"| {name} |")]
    (figures,) = (row[1:] for row in rows if len(row) == 1 + columns)
    return [float(figure.replace(",", "")) for figure in figures]


def _runs(folder: Path, shard: int) -> list[tuple[str | None, int | None]]:
    ledger = folder / "store" / "ledger" / f"{shard}-of-2.sqlite"
    with closing(sqlite3.connect(ledger)) as connection:
        assert connection.execute(
            "select count(*) from image where outcome is null"
        ).fetchone() == (0,)
        return connection.execute("select reason, exit_code from run order by id").fetchall()


@pytest.mark.timeout(900)
def test_a_small_rehearsal_goes_the_whole_way(tmp_path: Path) -> None:
    folder = tmp_path / "rehearsal-0.0005"
    folder.mkdir()
    (folder / "of a crawl that was not done").touch()
    said: list[str] = []
    text = rehearsal.bench(tmp_path, lambda what, _: said.append(what), 0.0005)
    assert len(said) == 3
    assert not (folder / "of a crawl that was not done").exists()
    for name in _STEPS:
        wall, cpu, memory = _figures(text, name, 3)
        assert wall > 0, name
        assert cpu > 0 or wall < 1, name
        assert memory > 10 or wall < 1, name  # a short step may end between two looks
    assert _runs(folder, 1) == [(None, None), ("finished", 0)]
    assert _runs(folder, 2) == [("finished", 0)]
    assert "5 of the 10,460 queries; the full size was not run" in text
    assert "`doctor`: everything adds up. The dataset's certificate: nothing leaks;" in text
    assert "precision of the kept images: 100.0 %" in text
    for part in ("images", "ledger", "verdicts", "report", "dataset"):
        size, each = _figures(text, part, 2)
        assert size > 0, part
        assert each > 0, part
    assert "| bing | 31,380 | 3 s | 26." in text
    _goes_on_behind_what_was_done(tmp_path, text)


def _goes_on_behind_what_was_done(tmp_path: Path, text: str) -> None:
    """As if the machine had stopped in the middle of a stage."""
    folder = tmp_path / "rehearsal-0.0005"
    record = json.loads((folder / "taken.json").read_text())
    (folder / "taken.json").write_text(json.dumps({part: record[part] for part in _BEFORE_COLOUR}))
    ledger = (folder / "store" / "ledger" / "1-of-2.sqlite").stat().st_mtime_ns
    verdicts, colours = (
        {path: path.stat().st_mtime_ns for path in (folder / "store/verdicts").rglob(f"{stage}/*")}
        for stage in ("subject", "colour")
    )
    again = rehearsal.bench(tmp_path, lambda *_: None, 0.0005)
    for name in ("crawl, shard 2", "verify", "dedupe", "subject"):
        assert _figures(again, name, 3) == _figures(text, name, 3)
    assert (folder / "store" / "ledger" / "1-of-2.sqlite").stat().st_mtime_ns == ledger
    assert all(path.stat().st_mtime_ns == then for path, then in verdicts.items())
    assert colours
    assert not any(
        path.exists() and path.stat().st_mtime_ns == then for path, then in colours.items()
    )


@pytest.mark.parametrize("whose", [lambda path: path, lambda path: path / "none"])
def test_the_job_is_as_large_as_the_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whose: Callable[[Path], Path]
) -> None:
    """With its own list of models, and where that is not at hand."""
    monkeypatch.setattr(rehearsal_job, "_SEED_MODELS", whose(rehearsal_job._SEED_MODELS))
    job = Job(tmp_path / "job", 1)
    job.prepare()
    queries = {query.id for query in load(job.recipe).queries()}
    assert len(queries) == job.queries == QUERIES == 10_460
    assert job.pages(1) + job.pages(2) == 2 * QUERIES
