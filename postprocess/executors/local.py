"""On this machine: in this process or, where there are several GPUs, in one for each of them."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from carscrape.store import Store
from postprocess.gpus import VISIBLE, gpus, split
from postprocess.progress import bar
from postprocess.runner import Parts, judge, unjudged
from postprocess.stage import Image, ImageStage
from postprocess.tables import types_of
from postprocess.verdicts import Verdicts
from postprocess.workers import batched, cores, prepared


@dataclass(frozen=True)
class Local:
    """Runs image stages on this machine."""

    workers: int | None = None  # that prepare: child processes or threads; None: one per core

    def run(
        self, store: Store, stage: ImageStage, key: str, ids: pa.Array, verdicts: Verdicts
    ) -> None:
        """See `Executor`. A GPU that fails lets the others judge their shares to the end."""
        devices = gpus() if stage.on_gpus() else []
        if len(devices) > 1:
            self._run_on_gpus(store, stage, key, ids, devices)
        else:
            self._run_here(store, stage, key, ids, verdicts)

    def _run_here(
        self, store: Store, stage: ImageStage, key: str, ids: pa.Array, verdicts: Verdicts
    ) -> None:
        todo = unjudged(stage, key, ids, verdicts)
        if not len(todo):
            return
        model = stage.open()
        parts = Parts(verdicts, type(stage), key)
        try:
            with bar(stage.name, len(todo)) as advance:
                ready = prepared(stage, _images(store, todo), self.workers)
                for batch in batched(ready, stage.batch_size):
                    parts.add(judge(stage, model, batch))
                    advance(len(batch))
        finally:
            parts.close()

    def _run_on_gpus(
        self, store: Store, stage: ImageStage, key: str, ids: pa.Array, devices: list[str]
    ) -> None:
        each = Local(max((self.workers or cores()) // len(devices), 1))
        shares = zip(split(ids, len(devices)), devices, strict=True)
        spawn = multiprocessing.get_context("spawn")  # never fork: TensorFlow has threads
        with ProcessPoolExecutor(len(devices), spawn, max_tasks_per_child=1) as pool:
            running = [
                pool.submit(_run_on_gpu, each, store.root, stage, key, *share) for share in shares
            ]
        for share in running:
            share.result()


def _run_on_gpu(
    local: Local, root: Path, stage: ImageStage, key: str, ids: pa.Array, device: str
) -> None:
    os.environ[VISIBLE] = device  # before anything imports Keras
    os.environ["TTY_COMPATIBLE"] = "0"  # many bars would write over each other
    store = Store(root)
    local.run(store, stage, key, ids, Verdicts(store))


def _images(store: Store, ids: pa.Array) -> Iterator[Image]:
    for id_, type_ in zip(ids, types_of(store, ids), strict=True):
        name = id_.as_py().hex()
        yield Image(name, store.image_path(name, type_.as_py()))
