"""Memory that was used and is free again, given back to the system."""

import ctypes
import sys

import pyarrow as pa


def release() -> None:
    """Let a later stage's memory not come on top of what earlier ones took for a moment."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; musl has none
        if trim:
            trim(0)
