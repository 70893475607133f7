"""Child processes for decoders, which crash, hang and eat memory on hostile files."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path
from threading import Thread

from pebble import ProcessPool

from postprocess.pictures import silence_pillow

try:
    import resource
except ImportError:  # Windows: no limit there
    resource = None  # type: ignore[assignment]

MEMORY = 2 << 30  # bytes that decoding may take in a child, on top of the interpreter


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPool]:
    """A pool whose processes never hear of Ctrl-C; the parent ends them, finished or not."""
    # Never fork: the parent may hold TensorFlow and its threads.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPool(workers, initializer=_confine, initargs=(MEMORY,), context=spawn)
    try:
        with _ctrl_c_held():
            pool.schedule(os.getpid)  # the first task starts the pool
        yield pool
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


@contextmanager
def _ctrl_c_held() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block, and never reach a process begun in it.

    A handler alone is not inherited by processes. A mask alone does not hold Ctrl-C back: a thread
    of Arrow's takes the signal instead, a process is left half begun and complains on its end.
    """
    pressed: list[int] = []
    resource_tracker.ensure_running()  # started later, it would lift the mask
    handler = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        with _masked():
            yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if pressed:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def _masked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _confine(memory: int) -> None:
    """Keep a child quiet, and let it have so many bytes more than it has now, where that works.

    It does not outlive its parent.
    """
    silence_pillow()
    Thread(target=_end_with_parent, daemon=True).start()
    statm = Path("/proc/self/statm")
    if resource is not None and statm.exists():
        limit = int(statm.read_text().split()[0]) * resource.getpagesize() + memory
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or limit < hard:
            resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _end_with_parent() -> None:
    """End a child that hangs when its parent was killed: nobody else would."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
