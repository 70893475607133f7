"""Several GPUs: one process each, which judges its share of the images and writes its own parts."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from carscrape.store import Store
from postprocess.runner import run_image_stage
from postprocess.stage import ImageStage
from postprocess.verdicts import Verdicts
from postprocess.workers import cores

VISIBLE = "CUDA_VISIBLE_DEVICES"
DRIVER = Path("/proc/driver/nvidia/gpus")  # a folder for each GPU, where there is any


def gpus() -> list[str]:
    """The GPUs this process may use, as CUDA_VISIBLE_DEVICES names them."""
    if VISIBLE in os.environ:
        names = [name.strip() for name in os.environ[VISIBLE].split(",")]
        end = next((n for n, name in enumerate(names) if name in ("", "-1")), len(names))
        return names[:end]  # as CUDA reads it: up to the first that is none
    return [str(number) for number, _ in enumerate(DRIVER.glob("*"))]


def split(ids: pa.Array, parts: int) -> list[pa.Array]:
    """Shares whose sizes differ by at most one; together they are the images, each once."""
    ends = [len(ids) * part // parts for part in range(parts + 1)]
    return [ids[start:end] for start, end in pairwise(ends)]


def run_on_gpus(
    store: Store,
    stage: ImageStage,
    key: str,
    ids: pa.Array,
    devices: list[str],
    workers: int | None,
) -> None:
    """Judge those of the images that have no verdict yet, on all devices at once.

    Args:
        workers: threads or processes that prepare images, of all devices together.

    Raises:
        StageError: the stage cannot run; other devices judge their shares to the end.
        StoreError: the store cannot be read or written.
    """
    spawn = multiprocessing.get_context("spawn")  # never fork: TensorFlow has threads
    with ProcessPoolExecutor(len(devices), spawn, max_tasks_per_child=1) as pool:
        shares = zip(split(ids, len(devices)), devices, strict=True)
        each = max((workers or cores()) // len(devices), 1)
        running = [pool.submit(_judge, store.root, stage, key, *share, each) for share in shares]
    for share in running:
        share.result()


def _judge(
    root: Path, stage: ImageStage, key: str, ids: pa.Array, device: str, workers: int
) -> None:
    os.environ[VISIBLE] = device  # before anything imports Keras
    os.environ["TTY_COMPATIBLE"] = "0"  # many bars would write over each other
    store = Store(root)
    run_image_stage(store, stage, key, ids, Verdicts(store), workers)
