"""`trace=FILE`: at its end, write how often this process reached each step, as JSON."""

import atexit
import json
from collections import Counter
from pathlib import Path

from tests.faulty.steps import watch


def install(argument: str) -> None:
    seen: Counter[str] = Counter()

    def reached(name: str, path: str) -> None:
        seen[name] += 1

    watch(reached)
    atexit.register(lambda: Path(argument).write_text(json.dumps(seen)))
