"""The stage subject decides the same in batches of any size, under any backend, resumed or not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import ClassVar

import pytest
from odd_stages import LetsAllBy
from stores import make_store, sha

from carscrape.demo.pictures import BODIES, OTHER_KINDS, draw_car, draw_other
from carscrape.store import Store
from postprocess import pipeline
from postprocess.stages.subject import Subject
from postprocess.verdicts import Verdicts
from tests.backends import CARS, HALF_TOLERANCE, TOLERANCE, Network, Said, agreement
from tests.conftest import ROOT

pytestmark = pytest.mark.accepts("I03")

PHOTOS = ROOT / ".." / "shared" / "images"
LEAST = 0.1


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


def assert_same(one: Said, other: Said, tolerance: float = TOLERANCE) -> None:
    """Scores to within the tolerance, and the decision but where the threshold is as near."""
    found = agreement(one, other, LEAST, tolerance)
    assert found.apart <= tolerance
    assert found.otherwise == found.near


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


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Drawings, and real cars and other things where they are at hand."""
    folder = tmp_path_factory.mktemp("pictures")
    photos = (sorted((PHOTOS / kind).rglob("*.*"))[1::20] for kind in ("cars", "imagenet", "junk"))
    files = [path.read_bytes() for path in chain(*photos) if path.suffix in (".jpg", ".JPEG")]
    for content in [*drawings(), *files]:
        (folder / f"{sha(content)}.jpg").write_bytes(content)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def usual(paths: list[Path]) -> Callable[[Network], Said]:
    """What TensorFlow says of them, computed once per network."""

    @cache
    def said(network: Network) -> Said:
        if network.weights and not network.weights.exists():
            pytest.skip("needs ../shared/weights")
        return network.judge(paths, LEAST)

    return said


MOBILENET = ROOT / ".." / "shared" / "weights" / "mobilenet_v2_imagenet.weights.h5"
DEMO, REAL = Network(), Network("MobileNetV2", MOBILENET)


networks = pytest.mark.parametrize("network", [DEMO, REAL], ids=["demo", "MobileNetV2"])


@networks
@pytest.mark.parametrize(
    ("backend", "runtime"), [("jax", ""), ("torch", ""), ("tensorflow", "openvino")]
)
def test_other_backends_and_runtimes(
    paths: list[Path],
    usual: Callable[[Network], Said],
    network: Network,
    backend: str,
    runtime: str,
) -> None:
    other = replace(network, backend=backend, runtime=runtime)
    if other.lacking():
        pytest.skip(f"{', '.join(other.lacking())} is not installed")
    assert_same(usual(network), other.judge(paths, LEAST))


@networks
def test_half_precision(
    paths: list[Path], usual: Callable[[Network], Said], network: Network
) -> None:
    """As a GPU computes, on the CPU."""
    half = replace(network, precision="mixed_float16").judge(paths, LEAST)
    assert_same(usual(network), half, HALF_TOLERANCE)
    assert agreement(usual(network), half, LEAST).apart > TOLERANCE
