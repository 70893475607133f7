"""On the nodes of a Ray cluster, with Ray Data: `prepare` is a map, `open` and `judge` an actor.

The verdicts come back to this process, which writes each once, however often Ray had to judge an
image because a worker was lost.
"""

import logging
import os
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

# Read when Ray is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what fails is told in one line
import ray
from ray.data import ActorPoolStrategy, DataContext
from ray.exceptions import RayError
from ray.util.annotations import RayDeprecationWarning

from carscrape.store import Store
from postprocess.executors.ray_workers import Judge, Prepare, answered
from postprocess.progress import bar
from postprocess.quiet import quiet
from postprocess.runner import Parts, unjudged
from postprocess.stage import ImageStage, StageError
from postprocess.tables import types_of
from postprocess.usage import UsageError
from postprocess.verdicts import Verdicts

BLOCK = 256  # images that go through a worker at once, and are done again if it is lost
LEAST_BLOCK = 32
BLOCKS_EACH = 4  # per worker, where there are few images
LOSSES = 3  # workers that may be lost over one block; by then, it is the block

_PATIENCE = 10.0  # seconds in which an address is reached
_STATUS_PATIENCE = 60.0  # seconds in which a cluster says how it is
_LOSS_PATIENCE = 30.0  # seconds in which a cluster notices that a node was lost
_LOOK_AGAIN = 0.5  # seconds


@dataclass(frozen=True)
class OnRay:
    """Runs image stages on the cluster that this process is connected to."""

    workers: int | None = None  # that prepare; None: one per core of the cluster

    def run(
        self, store: Store, stage: ImageStage, key: str, ids: pa.Array, verdicts: Verdicts
    ) -> None:
        """See `Executor`."""
        while len(todo := unjudged(stage, key, ids, verdicts)):
            nodes = _nodes()
            try:
                self._run(store, stage, key, todo, verdicts)
            except RayError as error:
                # Of as many workers as there were nodes, some now wait for ever to be started.
                if not _lost_one_of(nodes):
                    why = str(error).strip().splitlines()[-1]
                    raise StageError(f"{stage.name} failed on Ray: {why}") from error

    def _run(
        self, store: Store, stage: ImageStage, key: str, todo: pa.Array, verdicts: Verdicts
    ) -> None:
        parts = Parts(verdicts, type(stage), key)
        try:
            with bar(stage.name, len(todo)) as advance:
                for answer in self._judged(store, stage, key, todo):
                    rows = answered(answer)
                    parts.add(rows)
                    advance(len(rows))
        finally:
            parts.close()

    def _judged(
        self, store: Store, stage: ImageStage, key: str, ids: pa.Array
    ) -> Iterator[pa.Table]:
        has = ray.cluster_resources()
        cores = max(int(has.get("CPU", 1)), 1)
        workers = min(self.workers or cores, cores)
        images = ray.data.from_arrow(list(_blocks(store, ids, workers)))
        with warnings.catch_warnings(action="ignore", category=RayDeprecationWarning):
            # Retries can be bounded in no other way, and are endless if they are not.
            prepared = images.map_batches(
                Prepare,
                fn_constructor_args=(store.root.absolute(), store.url, stage),
                batch_size=None,
                num_cpus=1,
                **_pool(workers),
            )
            judged = prepared.map_batches(
                Judge,
                fn_constructor_args=(stage, key),
                batch_size=stage.batch_size,
                **_judges(stage, int(has.get("GPU", 0))),
            )
        yield from judged.iter_batches(batch_size=None, batch_format="pyarrow")


def _judges(stage: ImageStage, gpus: int) -> dict[str, Any]:
    if stage.on_gpus() and gpus:
        return {"num_gpus": 1, "num_cpus": 0, **_pool(gpus)}
    # No core is set aside for them: where there are few, those that prepare could not start.
    return {"num_cpus": 0, **_pool(_nodes())}


def _nodes() -> int:
    """Nodes that are alive, as far as Ray knows by now."""
    return sum(node["Alive"] for node in ray.nodes())


def _lost_one_of(nodes: int) -> bool:
    """Whether there are fewer nodes; the loss shows a little later than what it breaks."""
    end = time.monotonic() + _LOSS_PATIENCE
    while (left := _nodes()) >= nodes and time.monotonic() < end:
        time.sleep(_LOOK_AGAIN)
    return left < nodes


def _pool(size: int) -> dict[str, Any]:
    return {
        "batch_format": "pyarrow",
        "compute": ActorPoolStrategy(size=size),
        "max_task_retries": LOSSES,
    }


def _blocks(store: Store, ids: pa.Array, workers: int) -> Iterator[pa.Table]:
    table = pa.table({"id": ids, "type": types_of(store, ids).cast(pa.string())})
    size = min(BLOCK, max(LEAST_BLOCK, len(ids) // (BLOCKS_EACH * workers)))
    for start in range(0, len(ids), size):
        yield table.slice(start, size)


@contextmanager
def on_ray(address: str | None, workers: int | None) -> Iterator[OnRay]:
    """Connect to a cluster as long as the block lasts; without an address, start one here.

    Raises:
        UsageError: there is none at the address.
    """
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        _check_address(address)
        with quiet():
            ray.init(
                address or "local",
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.CRITICAL,
            )
    except (OSError, RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())
        raise UsageError(f"no Ray cluster at {address or 'this machine'}: {why}") from error
    context = DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    try:
        yield OnRay(workers)
    finally:
        ray.shutdown()


def _check_address(address: str | None) -> None:
    """Ask whether anybody is there, and whether it is a cluster: Ray itself would try for ever."""
    host, colon, port = (address or "").rpartition(":")
    if not (colon and port.isdecimal()):
        return
    socket.create_connection((host.rpartition("/")[2], int(port)), _PATIENCE).close()
    ask = [sys.executable, "-m", "ray.scripts.scripts", "status", "--address", str(address)]
    try:
        subprocess.run(ask, capture_output=True, timeout=_STATUS_PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise OSError(
            "what answers there is none; a head listens at port 6379 if not told otherwise"
        ) from error
