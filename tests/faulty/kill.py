"""`kill=STEP:N`: SIGKILL when this process reaches a step for the N-th time; `any` is any step."""

import os
import signal

from tests.faulty.steps import watch


def install(argument: str) -> None:
    step, _, number = argument.rpartition(":")
    left = int(number)

    def reached(name: str, path: str) -> None:
        nonlocal left
        if step in (name, "any"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    watch(reached)
