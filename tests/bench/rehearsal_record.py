"""The figures of a rehearsal, written down as they come: one that ended early goes on from them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Figures = dict[str, Any]


class Record:
    """A file with the figures of each part by its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: dict[str, Figures] = json.loads(path.read_text()) if path.exists() else {}

    def once(self, part: str, take: Callable[[], Figures]) -> Figures:
        """The figures of a part, which is not taken again if they are in the file."""
        if part not in self._parts:
            self._parts[part] = take()
            aside = self._path.with_suffix(".new")
            aside.write_text(json.dumps(self._parts, indent=1))
            aside.replace(self._path)
        return self._parts[part]
