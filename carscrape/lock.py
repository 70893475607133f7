"""One writer per file: a lock that the system lets go of when its process dies.

Standard library only.
"""

import os
import socket
from pathlib import Path
from typing import IO

from carscrape.store import StoreError

try:
    import fcntl
except ImportError:  # Windows: one writer is then up to its user
    fcntl = None  # type: ignore[assignment]


def lock(path: Path) -> IO[str]:
    """Hold the file locked as long as it is open.

    Raises:
        StoreError: it cannot be written, or another process, which is named, holds it.
    """
    try:
        handle = open(path, "a+", encoding="utf-8")  # noqa: SIM115
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}") from error
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        owner = handle.read().strip() or "another process"
        handle.close()
        raise StoreError(
            f"the ledger {path.with_suffix('.sqlite')} is being written by {owner}: "
            "wait until it ends, or use another STORE"
        ) from error
    handle.truncate(0)
    handle.write(f"process {os.getpid()} on {socket.gethostname()}")
    handle.flush()
    return handle
