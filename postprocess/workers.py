"""Images prepared ahead of the judge, in child processes or threads.

Decoders crash, hang and eat memory on hostile files. In a child process that costs the one image.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pebble import ProcessPool

from postprocess.pictures import silence_pillow
from postprocess.process_pool import process_pool
from postprocess.stage import Image, ImageStage, Unread

CHUNK = 32  # images per task: a task costs as much as a small image
CHUNK_SECONDS = 5.0  # usual ones take a hundredth; one that takes longer is done image by image
CHUNKS_AHEAD = 2  # per worker
IMAGES_AHEAD = 128  # for threads: four batches

_Prepare = Callable[[Iterable[Image]], Iterator[tuple[Image, Any]]]


@dataclass(frozen=True)
class Failure:
    """What stands in place of a prepared image whose `prepare` raised, hung or died."""

    error: str


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def prepared(
    stage: ImageStage, images: Iterable[Image], workers: int | None = None
) -> Iterator[tuple[Image, Any]]:
    """Images with what `stage.prepare` made of them, or a `Failure`, in the same order.

    An image that cannot be read is left out.

    Args:
        workers: child processes or threads; None: one per core.
    """
    with preparing(stage, workers) as prepare:
        yield from prepare(images)


@contextmanager
def preparing(stage: ImageStage, workers: int | None = None) -> Iterator[_Prepare]:
    """A function like `prepared`, whose child processes or threads last until the block ends."""
    started = _processes if stage.prepare_in == "process" else _threads
    with started(stage, workers or cores()) as prepare:
        yield lambda images: (pair for pair in prepare(images) if not isinstance(pair[1], Unread))


def batched(images: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of `size`; the last one may be shorter."""
    rest = iter(images)
    while batch := list(islice(rest, size)):
        yield batch


@contextmanager
def _processes(stage: ImageStage, workers: int) -> Iterator[_Prepare]:
    with process_pool(workers) as pool:
        yield lambda images: _in_processes(pool, stage, images, CHUNKS_AHEAD * workers)


def _in_processes(
    pool: ProcessPool, stage: ImageStage, images: Iterable[Image], ahead: int
) -> Iterator[tuple[Image, Any]]:
    waiting: deque[tuple[list[Image], Future[list[Any]]]] = deque()
    for chunk in batched(images, CHUNK):
        waiting.append((chunk, _schedule(pool, stage, chunk)))
        if len(waiting) > ahead:
            yield from _ended(pool, stage, *waiting.popleft())
    while waiting:
        yield from _ended(pool, stage, *waiting.popleft())


def _schedule(pool: ProcessPool, stage: ImageStage, chunk: list[Image]) -> Future[list[Any]]:
    seconds = stage.deadline if len(chunk) == 1 else min(stage.deadline, CHUNK_SECONDS)
    return pool.schedule(_prepare_all, args=(stage, chunk), timeout=seconds)


def _prepare_all(stage: ImageStage, images: list[Image]) -> list[Any]:
    return [_prepare(stage, image) for image in images]


def _prepare(stage: ImageStage, image: Image) -> Any:
    try:
        return stage.prepare(image)
    except Unread as unread:
        return unread


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
        singly = [([image], _schedule(pool, stage, [image])) for image in chunk]
        for one, ending in singly:
            yield from _ended(pool, stage, one, ending)


def _failure(error: BaseException) -> Failure:
    return Failure(f"{type(error).__name__}: {error}")


@contextmanager
def _threads(stage: ImageStage, workers: int) -> Iterator[_Prepare]:
    silence_pillow()
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield lambda images: _in_threads(pool, stage, images)
        finally:
            pool.shutdown(cancel_futures=True)


def _in_threads(
    pool: ThreadPoolExecutor, stage: ImageStage, images: Iterable[Image]
) -> Iterator[tuple[Image, Any]]:
    waiting: deque[tuple[Image, Future[Any]]] = deque()
    for image in images:
        waiting.append((image, pool.submit(_prepare, stage, image)))
        if len(waiting) > IMAGES_AHEAD:
            yield _thread_ended(*waiting.popleft())
    while waiting:
        yield _thread_ended(*waiting.popleft())


def _thread_ended(image: Image, future: Future[Any]) -> tuple[Image, Any]:
    error = future.exception()
    return image, future.result() if error is None else _failure(error)
