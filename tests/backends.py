"""What the stage subject says under any backend of Keras, and how far two of them agree."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from carscrape.recipe import load as load_recipe
from tests.conftest import ROOT

CARS = load_recipe("cars").subject.synsets()
TOLERANCE = 1e-4  # of a score, a probability
HALF_TOLERANCE = 0.02  # where a GPU computes in half precision
Said = dict[str, tuple[str, float]]  # sha256 -> reason and score

_JUDGE = """\
import json, sys
from pathlib import Path
from postprocess import backbones
from postprocess.stage import Image
from postprocess.stages.subject import Subject
from postprocess.workers import Failure, batched, prepared
backbone, weights, runtime, precision, least, synsets, *paths = json.loads(sys.stdin.read())
if precision:
    backbones._precision = lambda keras: precision
weights = Path(weights) if weights else None
stage = Subject(backbone, weights, frozenset(synsets), min_probability=least, runtime=runtime)
images = [Image(Path(path).stem, Path(path)) for path in paths]
model = stage.open()
said = {}
for batch in batched(prepared(stage, images), stage.batch_size):
    sound = [pair for pair in batch if not isinstance(pair[1], Failure)]
    some, ready = zip(*sound)
    said |= {i.id: (v.reason, v.score) for i, v in zip(some, stage.judge(model, some, ready))}
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Network:
    """A backbone, and what computes it."""

    name: str = "demo"
    weights: Path | None = None
    backend: str = "tensorflow"  # of Keras
    runtime: str = ""  # in its place
    precision: str = ""  # "": as it is chosen for the machine

    def lacking(self) -> list[str]:
        """The packages of it that are not installed here."""
        return [name for name in (self.backend, self.runtime) if name and find_spec(name) is None]

    def judge(self, paths: Sequence[Path], least: float) -> Said:
        """Verdicts on files named by their sha256, made in a process of its own.

        Args:
            least: the threshold of the stage.
        """
        how = [self.name, str(self.weights or ""), self.runtime, self.precision, least]
        done = subprocess.run(
            [sys.executable, "-c", _JUDGE],
            input=json.dumps([*how, sorted(CARS), *map(str, paths)]),
            env={**os.environ, "KERAS_BACKEND": self.backend},
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return {image: tuple(verdict) for image, verdict in json.loads(done.stdout).items()}


@dataclass(frozen=True)
class Agreement:
    """How far two say the same of the same images."""

    images: int
    apart: float  # the largest difference of two scores
    otherwise: int  # images decided otherwise
    near: int  # of these, whose score lies within the tolerance of the threshold


def agreement(one: Said, other: Said, least: float, tolerance: float = TOLERANCE) -> Agreement:
    """Compare verdicts that were made with the threshold `least`."""
    assert one.keys() == other.keys()
    pairs = [(said, other[image]) for image, said in one.items()]
    otherwise = [mine for mine, theirs in pairs if mine[0] != theirs[0]]
    return Agreement(
        images=len(pairs),
        apart=max(abs(mine[1] - theirs[1]) for mine, theirs in pairs),
        otherwise=len(otherwise),
        near=sum(abs(score - least) <= tolerance for _, score in otherwise),
    )
