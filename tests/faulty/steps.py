"""The steps of a crawl at which a fault may strike, seen from outside: `KIND/MOMENT`.

Not a fault itself. `watch(reached)` has `reached(step, path)` called at each of them, with path ""
where SQLite is at work; what `reached` raises, the step raises.
"""

import builtins
import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faulty import statements

Reached = Callable[[str, str], None]

WHOLE = (
    "schema",
    "forget",
    "plan",
    "page",
    "images",
    "host-down",
)  # written as one transaction each
SINGLE = ("bound-pauses", "hold", "postpone", "reopen", "note", "start-run", "end-run")  # at once
HITS = ("plan-hits", "hit", "hits-postpone", "hits-reopen")  # by `hitcounts` alone

BEFORE = (
    "statement",
    "folder/before",
    "lock/before",
    "ledger/before-opening",
    "recipe/before",
    "recipe/half-written",
    "recipe/written",
    "evidence/before",
    "evidence/half-written",
    "image/before-opening",
    "image/opened",
    "image/half-written",
    "image/written",
    *(f"{kind}/within" for kind in WHOLE),
    *(f"{kind}/before-commit" for kind in (*WHOLE, *SINGLE)),
)
"""Steps of `image_search` that a bad disk can make fail."""

AFTER = (
    "folder/made",
    "lock/taken",
    "ledger/opened",
    "ledger/before-closing",
    "ledger/closed",
    "recipe/in-place",
    "evidence/written",
    "image/in-place",
    *(f"{kind}/after-commit" for kind in (*WHOLE, *SINGLE)),
)
STEPS = (*BEFORE, *AFTER)
HIT_STEPS = (
    "plan-hits/within",
    *(f"{kind}/{moment}-commit" for kind in HITS for moment in ("before", "after")),
)


def watch(reached: Reached) -> None:
    """From now on, say at which step this process is."""
    statements.watch(reached)
    _watch_images(reached)
    _watch_folders(reached)
    _watch_lock(reached)
    _watch_asides(reached)


def _watch_images(reached: Reached) -> None:
    real_open, real_write, real_rename, real_close = os.open, os.write, os.rename, os.close
    parts: dict[int, str] = {}

    def opened(path: Any, *more: Any, **named: Any) -> int:
        if not str(path).endswith(".part"):
            return real_open(path, *more, **named)
        reached("image/before-opening", path)
        handle = real_open(path, *more, **named)
        parts[handle] = path
        reached("image/opened", path)
        return handle

    def write(handle: int, content: Any) -> int:
        if handle not in parts:
            return real_write(handle, content)
        half = real_write(handle, content[: len(content) // 2])
        reached("image/half-written", parts[handle])
        return half + real_write(handle, content[half:])

    def rename(source: Any, target: Any, **named: Any) -> None:
        if not str(source).endswith(".part"):
            real_rename(source, target, **named)
        else:
            reached("image/written", source)
            real_rename(source, target, **named)
            reached("image/in-place", target)

    def close(handle: int) -> None:
        parts.pop(handle, None)
        real_close(handle)

    os.open, os.write, os.rename, os.close = opened, write, rename, close


def _watch_folders(reached: Reached) -> None:
    real = os.mkdir

    def mkdir(path: Any, *more: Any, **named: Any) -> None:
        if "__pycache__" in str(path):
            real(path, *more, **named)
        else:
            reached("folder/before", str(path))
            real(path, *more, **named)
            reached("folder/made", str(path))

    os.mkdir = mkdir


def _watch_lock(reached: Reached) -> None:
    real_open, real_flock = builtins.open, fcntl.flock

    def opened(path: Any, *more: Any, **named: Any) -> Any:
        if str(path).endswith(".lock"):
            reached("lock/before", str(path))
        return real_open(path, *more, **named)

    def flock(handle: Any, *more: Any) -> None:
        real_flock(handle, *more)
        reached("lock/taken", handle.name)

    builtins.open, fcntl.flock = opened, flock


def _watch_asides(reached: Reached) -> None:
    """The recipe and the evidence, which are written by pathlib."""
    real_write, real_replace = Path.write_bytes, Path.replace

    def write_bytes(path: Path, content: Any) -> int:
        kind = _kind(path)
        if not kind:
            return real_write(path, content)
        reached(f"{kind}/before", str(path))
        with path.open("wb", buffering=0) as file:
            half = file.write(content[: len(content) // 2])
            reached(f"{kind}/half-written", str(path))
            file.write(content[half:])
        reached(f"{kind}/written", str(path))
        return len(content)

    def replace(path: Path, target: Any) -> Path:
        moved = real_replace(path, target)
        if kind := _kind(path):
            reached(f"{kind}/in-place", str(target))
        return moved

    Path.write_bytes, Path.replace = write_bytes, replace  # type: ignore[method-assign]


def _kind(path: Path) -> str:
    if path.parent.name == "evidence":
        return "evidence"
    return "recipe" if path.name.startswith(".recipe.toml.") else ""
