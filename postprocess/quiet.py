"""Silence for libraries that write to the terminal from C++."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back what anything in this process writes to file descriptor 2; errors still raise."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def import_quietly(name: str) -> ModuleType:
    """Import a module that brings TensorFlow, and let it say nothing from then on.

    Raises:
        ImportError, ValueError: it cannot be imported.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when TensorFlow is imported
    with quiet():
        return import_module(name)
