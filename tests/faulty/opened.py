"""`opened=FILE`: the name of every file that this process opens is written into FILE."""

import sys
from pathlib import Path
from typing import Any


def install(argument: str) -> None:
    log = Path(argument).open("a")  # noqa: SIM115 - open for as long as the process lives

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("open", "sqlite3.connect") and not isinstance(arguments[0], int):
            print(arguments[0], file=log, flush=True)

    sys.addaudithook(hook)
