"""What runs in the workers of a Ray cluster, for as long as a stage does."""

import platform
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
from ray.data.extensions import ArrowPythonObjectArray

from carscrape.store import Store, StoreError
from postprocess.runner import judge
from postprocess.stage import Image, ImageStage, StageError
from postprocess.workers import preparing


class Prepare:
    """Prepares images, one after the other, in a child process or thread of its own."""

    def __init__(self, root: Path, stage: ImageStage) -> None:
        self._store = Store(root)
        self._resources = ExitStack()
        self._prepare = self._resources.enter_context(preparing(stage, workers=1))

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Images by `id` and `type` in; each with what was prepared of it out.

        Raises:
            StoreError: this node does not see the store.
        """
        if not self._store.images_dir.is_dir():
            raise StoreError(
                f"the node {platform.node()} sees no {self._store.root}: a store must lie where "
                "every node of the Ray cluster sees it"
            )
        names = zip(rows["id"].to_pylist(), rows["type"].to_pylist(), strict=True)
        images = (
            Image(id_.hex(), self._store.image_path(id_.hex(), type_)) for id_, type_ in names
        )
        ready = list(self._prepare(images))
        return pa.table({"ready": ArrowPythonObjectArray.from_objects(ready)})


class Judge:
    """Judges batches with a model that is loaded once."""

    def __init__(self, stage: ImageStage, key: str) -> None:
        self._stage = stage
        self._model: Any = None
        self._error: StageError | None = None
        try:
            self._model = _opened(stage, key)
        except StageError as error:  # raised here it would reach nobody but as a text
            self._error = error

    def __call__(self, batch: pa.Table) -> pa.Table:
        """What was prepared in, verdicts out.

        Raises:
            StageError: the stage cannot run on this node, or failed.
        """
        if self._error:
            raise self._error
        rows = judge(self._stage, self._model, batch["ready"].to_pylist())
        return pa.Table.from_pylist(rows, schema=self._stage.schema())


def _opened(stage: ImageStage, key: str) -> Any:
    """The model of a stage, if this node would judge as the key says.

    Raises:
        StageError: it would not, or cannot load the model.
    """
    if stage.key() != key:
        raise StageError(
            f"{stage.name} is not the same on the node {platform.node()}: install there what is "
            "installed here, and the same weights"
        )
    return stage.open()
