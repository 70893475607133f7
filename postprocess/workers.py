"""Images prepared ahead of the judge, in child processes or threads.

Decoders crash, hang and eat memory on hostile files. In a child process that costs the one image.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from pebble import ProcessPool

from postprocess.stage import Image, ImageStage

try:
    import resource
except ImportError:  # Windows: no limit there
    resource = None  # type: ignore[assignment]

CHUNK = 32  # images per task: a task costs as much as a small image
CHUNKS_AHEAD = 2  # per worker
IMAGES_AHEAD = 128  # for threads: four batches
MEMORY = 2 << 30  # bytes that decoding may take in a child, on top of the interpreter


@dataclass(frozen=True)
class Failure:
    """What stands in place of a prepared image whose `prepare` raised, hung or died."""

    error: str


def prepared(stage: ImageStage, images: Iterable[Image]) -> Iterator[tuple[Image, Any]]:
    """Every image with what `stage.prepare` made of it, or a `Failure`, in the same order."""
    if stage.prepare_in == "process":
        return _in_processes(stage, images)
    return _in_threads(stage, images)


def batched(images: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of `size`; the last one may be shorter."""
    rest = iter(images)
    while batch := list(islice(rest, size)):
        yield batch


def _in_processes(stage: ImageStage, images: Iterable[Image]) -> Iterator[tuple[Image, Any]]:
    workers = os.cpu_count() or 1
    pool = _pool(workers)
    waiting: deque[tuple[list[Image], Future[list[Any]]]] = deque()
    try:
        for chunk in batched(images, CHUNK):
            waiting.append((chunk, _schedule(pool, stage, chunk)))
            if len(waiting) > CHUNKS_AHEAD * workers:
                yield from _ended(pool, stage, *waiting.popleft())
        while waiting:
            yield from _ended(pool, stage, *waiting.popleft())
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _pool(workers: int) -> ProcessPool:
    """A pool whose processes run already, and never hear of Ctrl-C: the parent ends them."""
    # Never fork: the parent may hold TensorFlow and its threads.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPool(workers, initializer=_limit_memory, initargs=(MEMORY,), context=spawn)
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        return pool
    resource_tracker.ensure_running()  # started later, it would lift the block
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pool.schedule(os.getpid)  # the first task starts the pool, which inherits the mask
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    return pool


def _schedule(pool: ProcessPool, stage: ImageStage, chunk: list[Image]) -> Future[list[Any]]:
    return pool.schedule(_prepare_all, args=(stage, chunk), timeout=stage.deadline)


def _prepare_all(stage: ImageStage, images: list[Image]) -> list[Any]:
    return [stage.prepare(image) for image in images]


def _ended(
    pool: ProcessPool, stage: ImageStage, chunk: list[Image], future: Future[list[Any]]
) -> Iterator[tuple[Image, Any]]:
    """Wait for a chunk; one that failed is prepared again image by image."""
    error = future.exception()
    if error is None:
        yield from zip(chunk, future.result(), strict=True)
    elif len(chunk) == 1:
        yield chunk[0], _failure(error)
    else:
        for image in chunk:
            yield from _ended(pool, stage, [image], _schedule(pool, stage, [image]))


def _failure(error: BaseException) -> Failure:
    return Failure(f"{type(error).__name__}: {error}")


def _in_threads(stage: ImageStage, images: Iterable[Image]) -> Iterator[tuple[Image, Any]]:
    waiting: deque[tuple[Image, Future[Any]]] = deque()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for image in images:
                waiting.append((image, pool.submit(stage.prepare, image)))
                if len(waiting) > IMAGES_AHEAD:
                    yield _thread_ended(*waiting.popleft())
            while waiting:
                yield _thread_ended(*waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


def _thread_ended(image: Image, future: Future[Any]) -> tuple[Image, Any]:
    error = future.exception()
    return image, future.result() if error is None else _failure(error)


def _limit_memory(more: int) -> None:
    """Let this process have so many bytes more than it has now, where the system can do that."""
    statm = Path("/proc/self/statm")
    if resource is not None and statm.exists():
        limit = int(statm.read_text().split()[0]) * resource.getpagesize() + more
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or limit < hard:
            resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
