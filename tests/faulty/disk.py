"""`disk=ERRNO:STEP:N`: the N-th write of a kind fails; but for EIO, so does every later write.

ERRNO is EIO, ENOSPC or EROFS. SQLite says the same in its own words.
"""

import errno
import os
import sqlite3

from tests.faulty.steps import BEFORE, watch

_SQLITE = {
    "EIO": "disk I/O error",
    "ENOSPC": "database or disk is full",
    "EROFS": "attempt to write a readonly database",
}


def install(argument: str) -> None:
    error, step, text = argument.split(":")
    number = getattr(errno, error)
    left = int(text)
    full = False

    def reached(name: str, path: str) -> None:
        nonlocal left, full
        left -= name == step
        struck = left == 0 and name == step
        full = full or (struck and error != "EIO")
        # A full disk can still be read, and what it holds moved.
        writes = name in BEFORE and name != "statement" and not name.endswith("/written")
        if struck or (full and writes):
            if path:
                raise OSError(number, os.strerror(number), path)
            raise sqlite3.OperationalError(_SQLITE[error])

    watch(reached)
