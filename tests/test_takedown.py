"""Somebody asks to be removed: gone from everywhere, and no crawl brings it back."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from carscrape.ledger import Ledger
from carscrape.store import Store
from postprocess.cli import main
from postprocess.verdicts import Verdicts
from tests.a_person import (
    COPY_ID,
    HOSTS,
    ID,
    OTHERS,
    THEIR_HOST,
    THEIRS,
    Person,
    assert_adds_up,
    crawl_phrase,
    judge,
    moved,
    names_in,
    returning,
    serve,
    traces,
)
from tests.conftest import ROOT
from tests.crawling import rows
from tests.watched_web import Web, served

pytestmark = [pytest.mark.accepts("H07"), pytest.mark.timeout(600)]
LEAST_STEPS, MOST_STEPS = 26, 70  # that a takedown has here
TARGETS: dict[str, Callable[[Person], str]] = {
    "url": lambda person: person.url,
    "host": lambda person: THEIR_HOST,
    "page": lambda person: person.page,
    "hash": lambda person: ID,
    "like": lambda person: ID,
}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with served(Web(), *HOSTS) as web:
        yield web


@pytest.fixture(scope="module")
def base(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store, crawled, judged and reported, in which they are."""
    folder = tmp_path_factory.mktemp("base")
    serve(web, "car")
    crawl_phrase(folder / "store", web, "{word}")
    evidence = folder / "store" / "evidence" / "demo-blocked-0.html"
    evidence.write_text(f'<img src="{Person(web.port).url}">')
    (evidence.parent / "demo-blocked-1.html").write_text("<p>no robots")
    judge(folder / "store", to=folder / "dataset")
    assert len(names_in(folder / "store")) == len(OTHERS) + 2
    places = {path.relative_to(folder / "store").parts[0] for path in traces(folder / "store")}
    assert places == {"images", "ledger", "evidence", "report"}  # or the tests would see nothing
    return folder / "store"


@pytest.mark.parametrize("by", TARGETS)
def test_it_is_gone_and_does_not_come_back(
    tmp_path: Path, web: Web, base: Path, by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store, dataset = moved(base, tmp_path)
    removed = {ID, COPY_ID} if by == "like" else {ID}
    others = names_in(store) - removed
    exported = names_in(dataset) - removed
    target = TARGETS[by](Person(web.port))

    command = ["takedown", str(store), f"--{by}", target, "--reason", "asked"]
    assert main([*command, "--dry-run"]) == 0
    assert names_in(store) == others | removed
    capsys.readouterr()
    assert main(command) == 0
    assert set(capsys.readouterr().out.split()) >= removed

    def check() -> None:
        assert traces(store) == traces(dataset) == []
        assert names_in(store) == others
        assert names_in(dataset) == exported
        assert not removed & judged(store)
        assert_adds_up(store)

    check()
    assert (store / "evidence" / "demo-blocked-1.html").exists()
    (line,) = (store / "takedowns.jsonl").read_text().splitlines()
    assert json.loads(line)["reason"] == "asked"
    assert set(json.loads(line)["images"]) == removed

    more, answers = returning(web)
    serve(web, "a car", more, answers)
    web.asked.clear()
    crawl_phrase(store, web, "a {word}")
    assert not any(THEIRS in asked for asked in web.targets(THEIR_HOST))
    ended = dict(rows(store, "select outcome, count(*) from image group by 1"))
    # theirs in all spellings, the redirect to it, its mirror; and the copy
    assert ended["taken_down"] == 3 + (by == "like")
    judge(store, to=dataset)
    if by == "like":
        assert len(names_in(store)) == len(others) + 1  # what looks alike is seen by a stage alone
        assert names_in(dataset) == exported
        assert main(["takedown", str(store)]) == 0
    else:
        fresh = names_in(store) - others
        assert len(fresh) == 1  # the smaller copy, which nobody named
        others |= fresh
        exported = names_in(dataset)
        assert exported <= others
    check()


def judged(store: Path) -> set[str]:
    """Every image that any verdict speaks of."""
    verdicts = Verdicts(Store(store))
    tables = [
        verdicts.read(stage.parent.name, stage.name, ["id"])
        for stage in Store(store).verdicts_dir.glob("*/*")
        if stage.is_dir()
    ]
    return {id_.hex() for table in tables for id_ in table["id"].to_pylist()}


def test_it_is_refused_while_a_crawl_writes(
    tmp_path: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, _ = moved(base, tmp_path)
    before = {path: path.read_bytes() for path in store.rglob("*.jpg")}
    capsys.readouterr()
    with closing(Ledger(Store(store).ledger_path())):
        assert main(["takedown", str(store), "--hash", ID]) == 1
    assert "is being written by process" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in store.rglob("*.jpg")} == before
    assert not (store / "takedowns.jsonl").exists()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "step" in metafunc.fixturenames:
        whole_matrix = metafunc.config.getoption("--torture")
        steps = range(1, MOST_STEPS) if whole_matrix else range(1, LEAST_STEPS, 5)
        metafunc.parametrize("step", steps)


def test_killed_at_any_step_it_goes_on(tmp_path: Path, base: Path, step: int) -> None:
    store, dataset = moved(base, tmp_path)
    others = names_in(store) - {ID, COPY_ID}
    exported = names_in(dataset) - {ID, COPY_ID}
    command = ["takedown", str(store), "--like", ID]
    faulty = [sys.executable, "-m", "tests.faulty.postprocess", f"killed_removing={step}", "--"]
    done = subprocess.run([*faulty, *command], cwd=ROOT, capture_output=True, timeout=120)
    killed = done.returncode == -signal.SIGKILL
    assert killed or (step >= LEAST_STEPS and done.returncode == 0), done.stderr
    if ID in names_in(store):
        assert main(command) == 0
    else:  # its hash names a file no longer, and what was to be removed is written down
        assert main(command[:2]) == 0
    assert traces(store) == traces(dataset) == []
    assert names_in(store) == others
    assert names_in(dataset) == exported
    assert not {ID, COPY_ID} & judged(store)
    assert_adds_up(store)
