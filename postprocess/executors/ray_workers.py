"""What runs in the workers of a Ray cluster, for as long as a stage does."""

import platform
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from ray.data.extensions import ArrowPythonObjectArray

from carscrape.store import Store, StoreError
from postprocess.runner import judge
from postprocess.stage import Image, ImageStage, StageError
from postprocess.workers import preparing

if TYPE_CHECKING:
    from postprocess.remote import RemoteImages


class Prepare:
    """Prepares images, one after the other, in a child process or thread of its own."""

    def __init__(self, root: Path, url: str, stage: ImageStage) -> None:
        """Take the images from a folder that every node sees or, where it is given, from a URL."""
        self._store, self._url = Store("." if url else root), url
        self._resources = ExitStack()
        self._prepare = self._resources.enter_context(preparing(stage, workers=1))

    def __call__(self, rows: pa.Table) -> pa.Table:
        """Images by `id` and `type` in; out each with what was prepared of it, for `answered`."""
        try:
            ready = self._prepare(self._images(rows))
            return _answer([(Image(image.id, image.path), value) for image, value in ready])
        except StoreError as error:
            return _answer([error])

    def _images(self, rows: pa.Table) -> Iterator[Image]:
        names = zip(rows["id"].to_pylist(), rows["type"].to_pylist(), strict=True)
        images = (
            Image(id_.hex(), self._store.image_path(id_.hex(), type_)) for id_, type_ in names
        )
        if self._url:
            return self._remote.brought(images)
        if not self._store.images_dir.is_dir():
            raise StoreError(
                f"the node {platform.node()} sees no {self._store.root}: a store must lie where "
                "every node of the Ray cluster sees it"
            )
        return images

    @cached_property
    def _remote(self) -> "RemoteImages":
        try:
            from postprocess.remote import RemoteImages
        except ImportError as error:
            raise StoreError(
                f"the node {platform.node()} needs carscrape/requirements-remote.txt"
            ) from error
        return RemoteImages(self._url)


class Judge:
    """Judges batches with a model that is loaded once."""

    def __init__(self, stage: ImageStage, key: str) -> None:
        self._stage = stage
        self._model: Any = None
        self._error: StageError | None = None
        try:
            self._model = _opened(stage, key)
        except StageError as error:
            self._error = error

    def __call__(self, batch: pa.Table) -> pa.Table:
        """What was prepared in; rows of verdicts out, for `answered`."""
        try:
            if self._error:
                raise self._error
            return _answer(judge(self._stage, self._model, answered(batch)))
        except (StageError, StoreError) as error:
            return _answer([error])


def answered(table: pa.Table) -> list[Any]:
    """What a worker answered.

    Raises:
        StageError, StoreError: what it met in place of an answer.
    """
    answers: list[Any] = table["answer"].to_pylist()
    for answer in answers:
        if isinstance(answer, StageError | StoreError):
            raise answer
    return answers


def _answer(values: list[Any]) -> pa.Table:
    # Of an error that is raised, Ray passes on the text alone.
    return pa.table({"answer": ArrowPythonObjectArray.from_objects(values)})


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
