"""What a stage must offer, and the key under which its verdicts lie.

A stage is a frozen dataclass: its fields are its parameters, so a changed threshold has another
key and never reuses old verdicts.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa

BASE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(32), nullable=False),  # sha256 of the stored bytes
        pa.field("keep", pa.bool_(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),  # one of the stage's `reasons`
        pa.field("score", pa.float32()),
    ]
)


def plain(value: Any) -> Any:
    """What JSON knows instead of a parameter it does not know; a set has one order only."""
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


class StageError(Exception):
    """A stage that cannot run, for want of weights for instance; the text is for people."""


class Unread(Exception):  # noqa: N818
    """An image whose stored bytes cannot be had, so that nothing can be said of it."""


@dataclass(frozen=True, slots=True)
class Image:
    """A stored image as a stage gets it."""

    id: str  # sha256, hex
    path: Path

    def read(self) -> bytes:
        """The bytes as they were stored.

        Raises:
            Unread: the file is missing, cannot be read, or holds other bytes.
        """
        content = self.content_at_hand()
        if hashlib.sha256(content).hexdigest() != self.id:
            raise Unread(f"{self.path} holds other bytes than its name says")
        return content

    def content_at_hand(self) -> bytes:
        """What lies where the image should be."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise Unread(f"{self.path}: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a stage says of one image; `columns` holds the stage's own columns by name."""

    keep: bool
    reason: str
    score: float | None = None
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stage:
    """Parameters of a stage, and what it declares about its verdicts."""

    name: ClassVar[str]
    version: ClassVar[int]
    reasons: ClassVar[tuple[str, ...]]  # closed; "ok" first
    columns: ClassVar[pa.Schema] = pa.schema([])
    needs: ClassVar[tuple[str, ...]] = ()  # stages whose verdicts it reads
    keeper: ClassVar[str] = ""  # its column that names the image which stands for a rejected one
    always: ClassVar[bool] = False  # judges also where another stage is run alone

    @classmethod
    def schema(cls) -> pa.Schema:
        """The columns of a verdict row."""
        return pa.schema([*BASE_SCHEMA, *cls.columns])

    def identity(self) -> dict[str, Any]:
        """Everything the verdict depends on besides the image; files by their hash."""
        return {"stage": self.name, "version": self.version, **asdict(self)}

    def key(self, *more: str) -> str:
        """Directory name for verdicts made with exactly these parameters (16 hex digits)."""
        text = json.dumps([self.identity(), *more], sort_keys=True, default=plain)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ImageStage(Stage):
    """A stage whose verdict depends on the image and the parameters alone.

    An image whose `prepare` raises is rejected with `failed` as the reason, and the error in the
    column `detail` if the stage has one; so is one that hangs or kills its child process. In a
    thread a hang blocks the run and a crash ends it: a stage that prepares there `needs` one that
    has decoded the images in child processes. A damage that a stage expects it had better return
    from `prepare` and judge itself.
    """

    batch_size: ClassVar[int] = 32
    prepare_in: ClassVar[Literal["process", "thread"]] = "process"
    deadline: ClassVar[float] = 60.0  # seconds that `prepare` may take in a child process
    failed: ClassVar[str] = "undecodable"  # one of `reasons`

    def open(self) -> Any:
        """Load what `judge` needs, once per worker: a model, or None.

        Raises:
            StageError: the stage cannot run here; the text says why, in one line.
        """
        return None

    def on_gpus(self) -> bool:
        """Whether `judge` runs on a GPU where there is one; of several each gets a share."""
        return False

    def prepare(self, image: Image) -> Any:
        """One image, pure, in a child process or thread; raising costs this image only.

        Raises:
            Unread: `image.read` raised it; the image gets no verdict, and the next run asks again.
        """
        raise NotImplementedError

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        """One batch: verdicts of the same length, in the same order.

        A batch that raises an `ArithmeticError`, `MemoryError`, `OSError`, `RuntimeError` or
        `ValueError` is tried again image by image.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class TableStage(Stage):
    """A stage that needs every image at once, as columns and not as objects."""

    # Columns of other stages that its table has besides, where those ran.
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row (this stage's schema) out.

        Args:
            table: `tables.INPUT_SCHEMA`, and the columns it reads of other stages; these lie on
                disk, so that a stage had better not ask for all of a large one at once.
        """
        raise NotImplementedError
