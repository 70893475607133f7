"""How often each URL was asked: kept in a file, so that a killed server goes on counting."""

import os
from collections import Counter
from pathlib import Path


class Asked:
    """Counts of URL paths (with their query), appended to a file, one line per ask."""

    def __init__(self, path: Path | None = None) -> None:
        """Go on from the file, if there is one; without a path, count in memory only.

        Raises:
            OSError: the file cannot be read or written.
        """
        self.counts: Counter[str] = Counter()
        self._file: int | None = None
        if path is not None:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self.counts.update(path.read_text(encoding="utf-8").split("\n")[:-1])

    def count(self, path: str) -> int:
        """Note one more ask; how many there were, this one included."""
        self.counts[path] += 1
        if self._file is not None:
            # One unbuffered write: once it returns, no kill can take it back.
            os.write(self._file, f"{path}\n".encode(errors="backslashreplace"))
        return self.counts[path]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
