"""postprocess killed in each of its stages and run again: real processes, the demo's network."""

import random
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from stores import BLUE, RED, Found, make_store

from carscrape.demo.pictures import BODIES, OTHER_KINDS, draw_car, draw_other
from carscrape.store import Store
from postprocess.doctor import examine
from postprocess.verdicts import Generation, Verdicts
from tests.conftest import ROOT

pytestmark = pytest.mark.accepts("E12")

IMAGE_STAGES, TABLE_STAGES = ("verify", "subject", "colour"), ("dedupe", "label")
POINTS = [
    *(
        f"{stage}:{kind}:{n}"
        for stage in IMAGE_STAGES
        for kind in ("judged", "torn", "written", "named")
        for n in (1, 2)
    ),
    *(f"{stage}:{kind}:1" for stage in TABLE_STAGES for kind in ("torn", "written", "named")),
    *(f"current:{kind}:{n}" for kind in ("written", "named") for n in (1, 2, 5)),
]
NOTHING_LEFT = ("dedupe:named:1", "colour:named:2", "label:named:1")  # all of a stage is written
SEED = 12
KILLED = -9


def images(count: int = 72) -> Iterator[Found]:
    """More than two batches; some are cars, some not, some cut short, some found twice."""
    bodies, kinds = sorted(BODIES), sorted(OTHER_KINDS)
    for number in range(count):
        if number % 3:
            drawn = draw_car(str(number), bodies[number % len(bodies)], "red")
        else:
            drawn = draw_other(str(number), kinds[number % len(kinds)])
        file = BytesIO()
        drawn.save(file, "JPEG")
        content = file.getvalue()[: 900 if number % 10 == 9 else None]
        yield Found(content, RED if number % 2 else BLUE)
        if number % 12 == 5:
            yield Found(content, BLUE, engine="google")


def new_store(folder: Path) -> Store:
    store = make_store(folder, images())
    ask(store, 0.1)
    return store


def ask(store: Store, min_probability: float) -> None:
    """Choose a threshold of the stage subject."""
    text = store.recipe_path.read_text("utf-8").partition("[filter]")[0]
    store.recipe_path.write_text(
        f"{text}[filter]\ntop_k = 3\nmin_probability = {min_probability}\n"
        '[filter.synsets]\ncar = ["n04285008", "n03594945", "n03930630", "n03770679"]\n'
    )


def run(store: Store, point: str = "") -> int:
    """`postprocess run` in a process of its own, killed at a point; whoever networks ends it."""
    faults = ["no_network", *([f"killed_writing={point}"] if point else [])]
    command = [sys.executable, "-m", "tests.faulty.postprocess", *faults, "--"]
    done = subprocess.run(
        [*command, "run", str(store.root), "--backbone", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode in (0, KILLED), done.stderr
    return done.returncode


def judged(store: Store) -> list[tuple[Generation, list[dict[str, Any]]]]:
    """What counts: each stage, and its verdicts on every image."""
    verdicts = Verdicts(store)
    return [
        (generation, verdicts.read(generation.stage, generation.key).sort_by("id").to_pylist())
        for generation in verdicts.current()
    ]


def parts(store: Store) -> dict[Path, bytes]:
    paths = store.verdicts_dir.rglob("part-*.parquet")
    return {path.relative_to(store.root): path.read_bytes() for path in paths}


def crawled(store: Store) -> dict[Path, bytes]:
    """What the crawl wrote, which postprocess only reads."""
    paths = [*store.ledger_dir.glob("*.sqlite"), *store.images_dir.rglob("*.*")]
    return {path: path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store judged without interruption."""
    store = new_store(tmp_path_factory.mktemp("whole"))
    assert run(store) == 0
    return store


def assert_as_uninterrupted(store: Store, whole: Store) -> None:
    assert judged(store) == judged(whole)
    assert all("interrupted" in wrong for wrong in examine(store)), examine(store)


def test_an_uninterrupted_run_keeps_and_rejects_in_every_stage(whole: Store) -> None:
    reasons = {g.stage: {row["reason"] for row in rows} for g, rows in judged(whole)}
    assert list(reasons) == ["verify", "dedupe", "subject", "colour", "label"]
    assert all("ok" in said for said in reasons.values())
    assert len(reasons["verify"]) > 1
    assert len(reasons["subject"]) > 1


def test_killed_once_in_every_stage(tmp_path: Path, whole: Store) -> None:
    """One store, killed again and again, each time further on, at points drawn with a seed."""
    store, draw = new_store(tmp_path), random.Random(SEED)
    before = crawled(store)
    for stage in ("verify", "dedupe", "subject", "colour", "label"):
        point = draw.choice([point for point in POINTS if point.startswith(stage)])
        print(f"seed {SEED}: killed at {point}")
        assert run(store, point) == KILLED, point
    assert run(store) == 0
    assert_as_uninterrupted(store, whole)
    assert crawled(store) == before


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "point" in metafunc.fixturenames:
        early = [point for point in POINTS if point.startswith("verify")]  # before the network
        whole_matrix = metafunc.config.getoption("--torture")
        metafunc.parametrize(
            "point", POINTS if whole_matrix else [random.Random(SEED).choice(early)]
        )


def test_killed_twice(tmp_path: Path, whole: Store, point: str) -> None:
    """The second time where the first run stopped, or soon after."""
    store = new_store(tmp_path)
    before = crawled(store)
    assert run(store, point) == KILLED
    first = parts(store)
    again = run(store, f"{point[:-1]}1")
    assert again == KILLED or point in NOTHING_LEFT
    assert first.items() <= parts(store).items()
    assert run(store) == 0
    assert_as_uninterrupted(store, whole)
    assert crawled(store) == before


def test_another_threshold_has_a_key_of_its_own_and_the_old_verdicts_stay(whole: Store) -> None:
    old, kept = judged(whole), parts(whole)
    ask(whole, 0.9995)
    assert run(whole) == 0
    new = judged(whole)
    assert [g.key for g, _ in new[:2]] == [g.key for g, _ in old[:2]]
    assert new[2][0].key != old[2][0].key
    assert new[2][1] != old[2][1]
    both = parts(whole)
    assert kept.items() < both.items()

    ask(whole, 0.1)
    # Were any image judged again, this run would be killed.
    assert run(whole, "subject:judged:1") == 0
    assert judged(whole) == old
    assert parts(whole) == both
