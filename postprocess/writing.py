"""Files that are either the old ones or the new ones, never half of either."""

import os
from pathlib import Path

from carscrape.store import WriteError


def write_aside(path: Path, content: bytes) -> Path:
    """Write under a temporary name, then rename; makes the folder.

    Raises:
        WriteError: the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from error
    return path
