"""What every kind of shard of img2dataset's output has in common."""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urldefrag

from postprocess.adopt.shards.rows import ShardError, open_parquet, rows_of
from postprocess.findings import clean

ENDINGS = ("jpg", "png", "webp")
"""What img2dataset calls its pictures, whatever they are."""

MEMBER = re.compile(r"([0-9]{1,18})\.(jpg|png|webp|json|txt)")
"""The name of a file of one sample; files with others are never opened."""

_KEY = re.compile(r"[0-9]{1,18}")  # what a ledger holds as a number


class NoPicture(Exception):  # noqa: N818
    """The bytes of one picture are not there, or not whole."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A URL that img2dataset was sent, what it says became of it, and how to get its picture."""

    row: Mapping[str, Any]  # the columns img2dataset wrote, as far as they matter here
    read: Callable[[], bytes]  # raises NoPicture

    @property
    def url(self) -> str:
        """Where the picture was, without a fragment; "" for none, or for what is no URL."""
        try:
            return urldefrag(self.text("url")).url
        except ValueError:
            return ""

    @property
    def number(self) -> int:
        """Its number among all URLs, which img2dataset calls its key."""
        key = self.text("key")
        return int(key) if _KEY.fullmatch(key) else 0

    @property
    def original(self) -> tuple[int, int] | None:
        """Width and height in pixels before it was re-encoded; None if it was not decoded."""
        width, height = self.row.get("original_width"), self.row.get("original_height")
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None

    def text(self, name: str) -> str:
        """A column that holds text, fit for a ledger; "" where it does not."""
        value = self.row.get(name)
        return clean(value) if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Stem:
    """What the files of one shard have in common: `root/name`, with an ending each."""

    root: Path
    name: str

    def path(self, ending: str = "") -> Path:
        """The path of one of the files."""
        return self.root / f"{self.name}{ending}"

    def has(self, ending: str) -> bool:
        """Whether this file is there; a link is not."""
        path = self.path(ending)
        return path.is_file() and not path.is_symlink()


@dataclass(frozen=True, slots=True)
class Stats:
    """What img2dataset wrote of a shard it was done with."""

    sent: int  # URLs that were to be downloaded
    ended_at: float  # Unix time


class Shard(ABC):
    """One shard, open until its `with` ends; `remarks` says what people must know of it."""

    order: ClassVar[int]  # which kind is asked first whether a shard is of it

    def __init__(self, stem: Stem) -> None:
        self.stem = stem
        self.remarks: list[str] = []
        self.opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()

    @classmethod
    @abstractmethod
    def is_here(cls, stem: Stem) -> bool:
        """Whether the pictures of a shard lie in this way."""

    @abstractmethod
    def samples(self) -> Iterator[Sample]:
        """Every sample that can be read, in the order of its rows.

        Raises:
            ShardError: no more can be read.
        """

    @cached_property
    def stats(self) -> Stats | None:
        """What img2dataset wrote at the end of the shard; None if it did not come so far."""
        try:
            said = json.loads(self.stem.path("_stats.json").read_bytes())
            return Stats(max(0, int(said["count"])), float(said["end_time"]))
        except (OSError, ValueError, TypeError, LookupError, OverflowError):
            return None

    @property
    def ended_at(self) -> float:
        """Unix time at which the shard was done, or last written."""
        if self.stats:
            return self.stats.ended_at
        paths = map(self.stem.path, (".parquet", ".tar", ""))
        return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the Parquet file beside, else those that lie with each picture."""
        path = self.stem.path(".parquet")
        try:
            table = self.opened.enter_context(open_parquet(path))
        except ShardError as error:
            self.remarks.append(f"{error}; took the pictures by their .json, but no failures")
            return self.rows_of_json()
        return rows_of(table, path)

    def rows_of_json(self) -> Iterator[dict[str, Any]]:
        """The rows that lie with each picture."""
        return iter(())
