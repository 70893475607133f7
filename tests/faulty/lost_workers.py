"""`lost_workers=FOLDER`: workers of a Ray cluster wait to be killed, and decoders are hostile.

The first worker that prepares an image for `verify`, and the first that judges for `subject`, write
their process id into a file in FOLDER and go no further. With an empty FOLDER no worker waits.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from odd_stages import CrashingDecoder

from postprocess import pipeline
from postprocess.stage import Image, Verdict
from postprocess.stages.subject import Subject

FOLDER = "LOST_WORKERS"  # in the environment of the workers


def install(argument: str) -> None:
    pipeline.Verify = LookedFor if argument else Verify  # type: ignore[attr-defined]
    if argument:
        pipeline.Subject = LookedAt  # type: ignore[attr-defined]
        os.environ[FOLDER] = argument


@dataclass(frozen=True)
class Verify(CrashingDecoder):
    deadline: ClassVar[float] = 3.0


@dataclass(frozen=True)
class LookedFor(Verify):
    def prepare(self, image: Image) -> Any:
        wait_to_be_killed("verify", os.getppid())
        return super().prepare(image)


@dataclass(frozen=True)
class LookedAt(Subject):
    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        wait_to_be_killed("subject", os.getpid())
        if folder := os.environ.get(FOLDER):
            Path(folder, f"device-{os.getpid()}").write_text(os.environ["CUDA_VISIBLE_DEVICES"])
        return super().judge(model, images, prepared)


def wait_to_be_killed(stage: str, process: int) -> None:
    """Only the first that comes here waits: in the process itself or in a child of it."""
    if not (folder := os.environ.get(FOLDER)):
        return
    note = Path(folder, f".{stage}-{os.getpid()}")
    note.write_text(str(process))
    with suppress(FileExistsError):
        os.link(note, Path(folder, stage))
        while process in (os.getpid(), os.getppid()):
            time.sleep(0.05)
        os._exit(1)
    note.unlink()
