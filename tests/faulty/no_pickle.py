"""`no_pickle=FILE`: reading a pickle raises, and who did it is written into FILE."""

import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

READERS = ("load", "loads", "Unpickler", "_load", "_loads", "_Unpickler")  # in C and in Python


def install(argument: str) -> None:
    class Refuses:
        """In place of every reader; a class, since some are subclassed."""

        def __init__(self, *_: Any, **__: Any) -> None:
            with Path(argument).open("a") as file:
                traceback.print_stack(file=file)
            raise AssertionError("a pickle was read")

    readers = {id(getattr(pickle, name)) for name in READERS}
    # In every module, for some took the function by its name before; `_pickle` is one of them.
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if id(value) in readers:
                setattr(module, name, Refuses)
