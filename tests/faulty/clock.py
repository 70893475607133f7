"""`clock=SECONDS`: the wall clock is off by so many seconds; the monotonic one is not."""

import time


def install(argument: str) -> None:
    real, shift = time.time, float(argument)
    time.time = lambda: real() + shift
