"""Which GPUs there are, and how images are shared out among them."""

import os
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

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
