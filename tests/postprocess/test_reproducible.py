"""The same inputs, judged on two machines as different as one can pretend: the same datasets."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from stores import BLUE, RED, Found, make_store

from carscrape.demo.pictures import BODIES, OTHER_KINDS, draw_car, draw_other
from carscrape.store import Store
from postprocess import cli
from postprocess.dataset import sums
from postprocess.exporters import exporter_names
from postprocess.verdicts import Verdicts
from tests.conftest import ROOT

pytestmark = pytest.mark.accepts("G11")

ONE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C", "TF_NUM_INTRAOP_THREADS": "1"}
OTHER = {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}


def jpeg(drawn, quality=90):
    file = BytesIO()
    drawn.save(file, "JPEG", quality=quality)
    return file.getvalue()


def images() -> Iterator[Found]:
    """Cars of two colours, copies of them, other things, and files cut short."""
    for number in range(12):
        for body in BODIES:
            color, asked = ("red", RED) if number % 2 else ("blue", BLUE)
            drawn = draw_car(f"{body}{number}", body, color)
            yield Found(jpeg(drawn), asked)
            if number % 4 == 0:
                yield Found(jpeg(drawn, 40), asked, "google")
    for kind in OTHER_KINDS:
        yield Found(jpeg(draw_other("1", kind)), RED)
        yield Found(jpeg(draw_other("2", kind))[:900], BLUE)


def judged(folder: Path, workers: int, machine: dict[str, str]) -> Store:
    store = make_store(folder, images())
    cars = '["n04285008", "n03594945", "n03930630", "n03770679"]'
    text = store.recipe_path.read_text().replace('["n02814533"]', cars)
    store.recipe_path.write_text(text)
    asked = ["run", str(store.root), "--backbone", "demo", "--workers", str(workers)]
    subprocess.run(
        [sys.executable, "-m", "postprocess", *asked],
        cwd=ROOT,
        env={**os.environ, **machine},
        check=True,
        capture_output=True,
        timeout=170,
    )
    return store


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Store]:
    folder = tmp_path_factory.mktemp("machines")
    return [judged(folder / "one", 1, ONE), judged(folder / "other", 3, OTHER)]


def test_the_verdicts_are_the_same(stores: list[Store]) -> None:
    one, other = (Verdicts(store) for store in stores)
    assert one.current() == other.current()
    for generation in one.current():
        name, key = generation.stage, generation.key
        rows, others = (v.read(name, key).sort_by("id").to_pylist() for v in (one, other))
        assert len(rows) > 40
        for row, another in zip(rows, others, strict=True):
            assert row == {
                column: pytest.approx(value, abs=1e-4) if isinstance(value, float) else value
                for column, value in another.items()
            }


@pytest.mark.parametrize("format_", exporter_names())
def test_the_datasets_are_the_same_byte_for_byte(
    stores: list[Store], tmp_path: Path, format_: str
) -> None:
    trees = []
    for number, store in enumerate([*stores, stores[0]]):
        to = tmp_path / str(number)
        assert cli.main(["export", str(store.root), "--format", format_, "--to", str(to)]) == 0
        files = (path for path in to.rglob("*") if path.is_file())
        trees.append({path.relative_to(to).as_posix(): path.read_bytes() for path in files})
        assert trees[-1].pop(sums.ID_NAME)  # says whose dataset this is
    assert len(trees[0]) > 1
    assert trees[0] == trees[1] == trees[2]
