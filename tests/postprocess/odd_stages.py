"""Stages that misbehave on purpose; a module of its own, so that child processes find them."""

import os
import resource
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa

from postprocess.stage import Image, ImageStage, StageError, TableStage, Verdict
from postprocess.stages.verify import Verify


def do_what_it_says(image: Image) -> Any:
    content = image.read()
    if content == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if content == b"hang":
        signal.pause()
    if content == b"memory":
        return bytes(3 << 30)
    if content == b"raise":
        raise LookupError("nobody expected this")
    if content == b"blocked signals":
        return signal.pthread_sigmask(signal.SIG_BLOCK, [])
    return content


def say_who_and_hang() -> None:
    print(os.getpid(), flush=True)
    signal.pause()


@dataclass(frozen=True)
class Obeys(ImageStage):
    """Prepares in a child process whatever the file tells it to."""

    name: ClassVar[str] = "obeys"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "decoder_failed")
    columns: ClassVar[pa.Schema] = pa.schema([pa.field("detail", pa.string())])
    failed: ClassVar[str] = "decoder_failed"
    deadline: ClassVar[float] = 5.0

    def prepare(self, image: Image) -> Any:
        return do_what_it_says(image)

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        return [Verdict(True, "ok") for _ in images]


@dataclass(frozen=True)
class CrashingDecoder(Verify):
    """The real stage, with a decoder that some files crash, make hang or want all memory for."""

    deadline: ClassVar[float] = 5.0

    def prepare(self, image: Image) -> Any:
        if image.read().endswith(b"crash"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if image.read().endswith(b"hang"):
            signal.pause()
        if image.read().endswith(b"greed"):
            return bytes(3 << 30)
        return super().prepare(image)


def with_its_peak(stage: ImageStage, image: Image) -> tuple[Any, int]:
    """What a stage prepares, and by how many bytes the process's peak of memory grew meanwhile."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ready = stage.prepare(image)
    return ready, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10


@dataclass(frozen=True)
class Picky(Obeys):
    """Keeps what does not begin with `bad`; a batch that holds `poison` raises."""

    name: ClassVar[str] = "picky"
    reasons: ClassVar[tuple[str, ...]] = ("ok", "bad", "decoder_failed")
    prepare_in: ClassVar[Any] = "thread"

    dislikes: bytes = b"bad"

    def identity(self) -> dict[str, Any]:
        return {**super().identity(), "dislikes": self.dislikes.hex()}

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        if b"poison" in prepared:
            raise ValueError("poison")
        bad = [content.startswith(self.dislikes) for content in prepared]
        return [Verdict(not b, "bad" if b else "ok") for b in bad]


@dataclass(frozen=True)
class NoWeights(Picky):
    """Cannot run."""

    name: ClassVar[str] = "no_weights"

    def open(self) -> Any:
        raise StageError("there are no weights")


@dataclass(frozen=True)
class Whole(TableStage):
    """Sees every image at once, and keeps them all."""

    name: ClassVar[str] = "whole"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok",)

    def judge(self, table: pa.Table) -> pa.Table:
        rows = table.num_rows
        columns = {
            "id": table["id"],
            "keep": pa.repeat(True, rows),
            "reason": pa.repeat("ok", rows),
            "score": pa.nulls(rows, pa.float32()),
        }
        return pa.table(columns, schema=self.schema())


@dataclass(frozen=True)
class OnDevice(ImageStage):
    """Writes down where it ran."""

    name: ClassVar[str] = "on_device"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "undecodable")
    columns: ClassVar[pa.Schema] = pa.schema([("device", pa.string()), ("process", pa.int64())])
    prepare_in: ClassVar[Literal["process", "thread"]] = "thread"

    broken: str = ""

    def on_gpus(self) -> bool:
        return True

    def open(self) -> str:
        device = os.environ["CUDA_VISIBLE_DEVICES"]
        if device == self.broken:
            raise StageError(f"no driver for {device}")
        return device

    def prepare(self, image: Image) -> None:
        image.read()

    def judge(self, model: str, images: Any, prepared: Any) -> list[Verdict]:
        columns = {"device": model, "process": os.getpid()}
        return [Verdict(True, "ok", columns=columns) for _ in images]


@dataclass(frozen=True)
class LetsAllBy(ImageStage):
    """In place of `verify`, to let damaged images through to what comes after it."""

    name: ClassVar[str] = "verify"
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "undecodable")
    prepare_in: ClassVar[Literal["process", "thread"]] = "thread"

    def prepare(self, image: Image) -> None:
        image.read()

    def judge(self, model: Any, images: Any, prepared: Any) -> list[Verdict]:
        return [Verdict(True, "ok") for _ in images]
