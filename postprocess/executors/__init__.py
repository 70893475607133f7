"""How the image stages run: who reads, prepares and judges which of the images.

Table stages run where the pipeline does, whatever was chosen.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import pyarrow as pa

from carscrape.store import Store
from postprocess.stage import ImageStage
from postprocess.usage import UsageError
from postprocess.verdicts import Verdicts


class Executor(Protocol):
    """One way to run an image stage. All of them write the same parts under the same key."""

    def run(
        self, store: Store, stage: ImageStage, key: str, ids: pa.Array, verdicts: Verdicts
    ) -> None:
        """Judge those of the images that have no verdict under this key yet.

        An image that cannot be read gets no verdict, so it shows as not judged.

        Raises:
            StageError: the stage cannot run.
            StoreError: the store cannot be read or written.
        """


@contextmanager
def executor(name: str, workers: int | None, address: str | None) -> Iterator[Executor]:
    """The executor of this name, as long as the block lasts.

    Args:
        workers: images prepared at a time; None: one per core.
        address: of the Ray cluster; None: one is started here for the while.

    Raises:
        UsageError: it is not installed, or cannot be reached.
    """
    if name == "local":
        from postprocess.executors.local import Local

        if address:
            raise UsageError("--address is that of a Ray cluster: say --engine ray")
        yield Local(workers)
        return
    try:
        from postprocess.executors.ray import on_ray
    except ImportError as error:
        raise UsageError(
            "Ray is not installed here: install postprocess/requirements-ray.txt, "
            "or leave --engine ray out"
        ) from error
    with on_ray(address, workers) as ray:
        yield ray
