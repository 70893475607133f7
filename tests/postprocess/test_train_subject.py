"""A judge of the subject: what was kept beside what was rejected for showing something else."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest
from odd_stages import LetsAllBy
from stores import Found, make_store, sha

from carscrape.demo.pictures import BODIES, OTHER_KINDS, draw_car, draw_other
from carscrape.store import Store
from postprocess import cli, pipeline
from postprocess.labels import kept_images
from postprocess.second_look import judge_stages
from postprocess.stages.label import Label

CARS, OTHERS, MISSED = 240, 160, 20


@dataclass(frozen=True)
class MissesSome(LetsAllBy):
    """In place of `subject`: it rejects what it is told to."""

    name: ClassVar[str] = "subject"
    reasons: ClassVar[tuple[str, ...]] = ("ok", "no_subject", "undecodable")

    rejects: frozenset[str] = frozenset()

    def identity(self):
        return {"stage": self.name, "rejects": sorted(self.rejects)}

    def judge(self, model, images, prepared):
        verdicts = super().judge(model, images, prepared)
        kept = [image.id not in self.rejects for image in images]
        return [
            type(v)(k, "ok" if k else "no_subject") for v, k in zip(verdicts, kept, strict=True)
        ]


@dataclass(frozen=True)
class Mixed:
    """A store, and which of its images show what."""

    store: Store
    cars: set[str]
    missed: set[str]  # something else that the stage kept
    rejected: set[str]

    def run(self, judge: Path | None = None) -> set[str]:
        """Let all stages pass; returns the sha256 of what is kept."""
        stages = [LetsAllBy(), MissesSome(rejects=frozenset(self.rejected)), Label()]
        pipeline.run(self.store, [*stages, *judge_stages(judge)])
        return {row["id"].hex() for row in kept_images(self.store).to_pylist()}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Mixed:
    cars, others = list(_cars()), list(_others())
    store = make_store(tmp_path_factory.mktemp("subject"), [Found(one) for one in cars + others])
    names = [sha(one) for one in others]
    return Mixed(store, {sha(one) for one in cars}, set(names[:MISSED]), set(names[MISSED:]))


def _cars() -> Iterator[bytes]:
    return (_jpeg(draw_car(f"subject {n}", BODIES[n % len(BODIES)], "red")) for n in range(CARS))


def _others() -> Iterator[bytes]:
    kinds = len(OTHER_KINDS)
    return (_jpeg(draw_other(f"subject {n}", OTHER_KINDS[n % kinds])) for n in range(OTHERS))


def _jpeg(picture) -> bytes:
    file = BytesIO()
    picture.resize((160, 120)).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.accepts("G07")
def test_pictures_of_something_else_that_were_kept_are_found(mixed: Mixed, tmp_path: Path) -> None:
    before = mixed.run()
    assert before == mixed.cars | mixed.missed
    train = ("train", mixed.store.root, "--target", "subject", "--backbone", "demo")
    assert cli.main([*map(str, train), "--to", str(tmp_path / "judge")]) == 0
    kept = mixed.run(tmp_path / "judge")
    print(f"found {len(mixed.missed - kept)} of {MISSED}, lost {len(mixed.cars - kept)} of {CARS}")
    assert len(mixed.missed - kept) >= 0.75 * MISSED
    assert len(mixed.cars - kept) <= 0.03 * CARS
    assert kept <= before
