"""How the image stages run: who reads, prepares and judges which of the images.

Table stages run where the pipeline does, whatever was chosen.
"""

from typing import Protocol

import pyarrow as pa

from carscrape.store import Store
from postprocess.stage import ImageStage
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
