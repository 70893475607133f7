"""The stage subject decides the same in batches of any size, under any backend, resumed or not."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest
from odd_stages import LetsAllBy
from stores import make_store, sha

from carscrape.demo.pictures import BODIES, OTHER_KINDS, draw_car, draw_other
from carscrape.recipe import load as load_recipe
from carscrape.store import Store
from postprocess import pipeline
from postprocess.stages.subject import Subject
from postprocess.verdicts import Verdicts
from tests.conftest import ROOT

pytestmark = pytest.mark.accepts("I03")

CARS = load_recipe("cars").subject.synsets()
TOLERANCE = 1e-4
LEAST = 0.1
Said = dict[str, tuple[str, float]]  # sha256 -> reason and score


@dataclass(frozen=True)
class Singly(Subject):
    batch_size: ClassVar[int] = 1


@dataclass(frozen=True)
class BySevens(Subject):
    batch_size: ClassVar[int] = 7


def drawings() -> list[bytes]:
    """Cars and other things, in the sizes that files come in."""
    drawn = [draw_car(str(n), body, "red") for n in range(5) for body in BODIES]
    drawn += [draw_other("1", kind) for kind in OTHER_KINDS]
    files = [BytesIO() for _ in drawn]
    for picture, file in zip(drawn, files, strict=True):
        picture.save(file, "JPEG")
    return [file.getvalue() for file in files]


def judge(tmp_path: Path, contents: Sequence[bytes], stage: Subject) -> Store:
    store = make_store(tmp_path, contents)
    pipeline.run(store, [LetsAllBy(), stage])
    return store


def said(store: Store) -> Said:
    generation = next(g for g in Verdicts(store).current() if g.stage == "subject")
    rows = Verdicts(store).read("subject", generation.key).to_pylist()
    return {row["id"].hex(): (row["reason"], row["score"]) for row in rows}


def assert_same(one: Said, other: Said) -> None:
    """Scores to within the tolerance, and the decision but where the threshold is as near."""
    assert one.keys() == other.keys()
    for image, (reason, score) in one.items():
        assert other[image][1] == pytest.approx(score, abs=TOLERANCE)
        if abs(score - LEAST) > TOLERANCE:
            assert other[image][0] == reason


@pytest.mark.parametrize("stage", [Singly, BySevens])
def test_batches_of_any_size(tmp_path: Path, stage: type[Subject]) -> None:
    contents = drawings()
    usual = said(judge(tmp_path / "32", contents, Subject("demo", None, CARS)))
    assert len({reason for reason, _ in usual.values()}) > 1
    other = said(judge(tmp_path / "other", contents, stage("demo", None, CARS)))
    assert_same(usual, other)


def test_one_bad_image_costs_itself_and_not_its_batch(tmp_path: Path) -> None:
    contents = drawings()
    bad = [contents[3][: len(contents[3]) // 3], b"\xff\xd8\xff no JPEG", b""]
    sound = said(judge(tmp_path / "sound", contents, Subject("demo", None, CARS)))
    mixed = said(judge(tmp_path / "mixed", [*bad, *contents], Subject("demo", None, CARS)))
    assert {mixed.pop(sha(content)) for content in bad} == {("undecodable", None)}
    assert_same(sound, mixed)


def test_a_run_that_goes_on_says_what_a_whole_one_says(tmp_path: Path) -> None:
    contents = drawings()
    whole = said(judge(tmp_path / "whole", contents, Subject("demo", None, CARS)))
    judge(tmp_path / "resumed", contents[:9], Subject("demo", None, CARS))
    make_store(tmp_path / "resumed", contents[9:], shard="more")
    resumed = said(judge(tmp_path / "resumed", contents, Subject("demo", None, CARS)))
    assert_same(whole, resumed)


CODE = """\
import json, sys
from pathlib import Path
from postprocess.stage import Image
from postprocess.stages.subject import Subject
backbone, weights, runtime, synsets, *paths = json.loads(sys.stdin.read())
weights = Path(weights) if weights else None
stage = Subject(backbone, weights, frozenset(synsets), min_probability=0.1, runtime=runtime)
images = [Image(Path(path).stem, Path(path)) for path in paths]
model = stage.open()
said = {}
for start in range(0, len(images), stage.batch_size):
    batch = images[start:start + stage.batch_size]
    verdicts = stage.judge(model, batch, [stage.prepare(image) for image in batch])
    said |= {image.id: (v.reason, v.score) for image, v in zip(batch, verdicts)}
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawings, and real cars where they are at hand."""
    folder = tmp_path_factory.mktemp("pictures")
    photos = sorted((ROOT / ".." / "shared" / "images" / "cars").rglob("*.jpg"))[:40]
    for content in [*drawings(), *(photo.read_bytes() for photo in photos)]:
        (folder / f"{sha(content)}.jpg").write_bytes(content)
    return folder


@cache
def computed(folder: Path, backend: str, runtime: str, backbone: str, weights: Path | None) -> Said:
    paths = sorted(map(str, folder.iterdir()))
    given = [backbone, str(weights or ""), runtime, sorted(CARS), *paths]
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        input=json.dumps(given),
        env={**os.environ, "KERAS_BACKEND": backend},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    return {image: tuple(verdict) for image, verdict in json.loads(done.stdout).items()}


MOBILENET = ROOT / ".." / "shared" / "weights" / "mobilenet_v2_imagenet.weights.h5"


@pytest.mark.parametrize("backbone", ["demo", "MobileNetV2"])
@pytest.mark.parametrize(
    ("backend", "runtime"), [("jax", ""), ("torch", ""), ("tensorflow", "openvino")]
)
def test_other_backends_and_runtimes(
    folder: Path, backbone: str, backend: str, runtime: str
) -> None:
    for needed in (backend, runtime):
        if needed and find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    weights = MOBILENET if backbone == "MobileNetV2" else None
    if weights and not weights.exists():
        pytest.skip("needs ../shared/weights")
    usual = computed(folder, "tensorflow", "", backbone, weights)
    other = computed(folder, backend, runtime, backbone, weights)
    assert_same(usual, other)
