"""`killed_removing=N`: this process is killed (-9) at the N-th step of what it removes, from 1 on.

A step is a file that is to be deleted or renamed, and a ledger before and after it is changed.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from carscrape.ledger import Ledger
from carscrape.ledger.images import Images

_EVENTS = {"os.remove", "os.rename", "shutil.rmtree"}


def install(argument: str) -> None:
    left = int(argument)

    def reached(event: str = "", arguments: tuple[Any, ...] = ()) -> None:
        nonlocal left
        if event and (event not in _EVENTS or "/pytest-" not in _path(arguments)):
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(reached)
    _surround(Images, "take_down", reached)
    _surround(Ledger, "scrub", reached)


def _path(arguments: tuple[Any, ...]) -> str:
    return os.path.abspath(os.fsdecode(arguments[0])) if arguments else ""


def _surround(owner: type, name: str, reached: Callable[[], None]) -> None:
    real = getattr(owner, name)

    def method(*given: Any) -> Any:
        reached()
        done = real(*given)
        reached()
        return done

    setattr(owner, name, method)
