"""The kinds of shards img2dataset writes: one module each, holding one `Shard`."""

import os
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

from postprocess.adopt.shards.base import MEMBER, Shard, Stem
from postprocess.adopt.shards.files import Files

_ENDINGS = ("_stats.json", ".parquet", ".tar", ".tfrecord")
_OF_SHARD = re.compile(rf"([0-9]{{1,18}})({'|'.join(map(re.escape, _ENDINGS))}|)")
_TEMPORARY = "_tmp"  # img2dataset's own, beside its shards


@cache
def kinds() -> tuple[type[Shard], ...]:
    """Every kind there is, in the order in which they are asked."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    modules = [import_module(f"{__name__}.{name}") for name in names]
    found = [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Shard)
        and value is not Shard
        and value.__module__ == module.__name__
    ]
    return tuple(sorted(found, key=lambda kind: kind.order))


class Shards:
    """The shards in a folder, and which other files belong to them."""

    def __init__(self, folder: Path) -> None:
        self.strange: list[str] = []  # what looks like a shard without being one
        self._claimed: list[tuple[type[Shard], Stem]] = []
        self._theirs: set[Path] = set()
        self._folders: set[Path] = set()  # of samples
        itself = Stem(folder.parent, folder.name)
        if _OF_SHARD.fullmatch(folder.name) and Files.is_here(itself):
            self._claim(Files, itself)
        else:
            self._walk(folder)

    def __iter__(self) -> Iterator[Shard]:
        """Each shard, made only now: what it holds while it is read is let go after it."""
        return (kind(stem) for kind, stem in self._claimed)

    def __len__(self) -> int:
        return len(self._claimed)

    def own(self, path: Path) -> bool:
        """Whether a file or folder is part of img2dataset's output, and so no picture to list."""
        if path in self._theirs:
            return True
        return path.parent in self._folders and bool(MEMBER.fullmatch(path.name))

    def _walk(self, folder: Path) -> None:
        for root, folders, files in os.walk(folder):
            matches = map(_OF_SHARD.fullmatch, (*folders, *files))
            for name in sorted({match[1] for match in matches if match}):
                self._add(Stem(Path(root), name))
            left = (name for name in folders if Path(root, name) not in self._folders)
            folders[:] = sorted(name for name in left if not name.startswith("."))

    def _add(self, stem: Stem) -> None:
        kind = next((kind for kind in kinds() if kind.is_here(stem)), None)
        if kind is not None:
            self._claim(kind, stem)
        elif stem.has("_stats.json") or stem.has(".tfrecord"):
            self._theirs.update(map(stem.path, _ENDINGS))
            self.strange.append(
                f"{stem.path()} has no pictures that can be read: let img2dataset write files, "
                "webdataset or parquet"
            )

    def _claim(self, kind: type[Shard], stem: Stem) -> None:
        self._claimed.append((kind, stem))
        self._folders.add(stem.path())
        self._theirs.update(map(stem.path, _ENDINGS))
        self._theirs.add(stem.root / _TEMPORARY)
