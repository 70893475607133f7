"""`stall=FILE`: at its end, write the longest time (seconds) the event loop stood still."""

import asyncio
import time
from pathlib import Path

_BEAT = 0.02  # seconds


def install(argument: str) -> None:
    run_forever = asyncio.BaseEventLoop.run_forever

    def watched(loop: asyncio.BaseEventLoop) -> None:
        gaps = [0.0]
        # Held here, for a loop holds its tasks weakly.
        beats = loop.create_task(_beat(gaps))
        run_forever(loop)
        assert not beats.done()
        Path(argument).write_text(f"{max(gaps):.3f}")

    asyncio.BaseEventLoop.run_forever = watched


async def _beat(gaps: list[float]) -> None:
    last = time.monotonic()
    while True:
        await asyncio.sleep(_BEAT)
        now = time.monotonic()
        gaps[0] = max(gaps[0], now - last - _BEAT)
        last = now
