"""Scrapy's commands in a process of their own, and what they said."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

MORE_ENGINES = f"engines={ROOT / 'tests' / 'more_engines'}"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


def scrapy(
    *arguments: str,
    cwd: Path,
    faults: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
) -> Said:
    """Run `scrapy ARGUMENTS` for the project from any folder; `faults` as in tests/faulty."""
    module = ["tests.faulty", *faults, "--"] if faults else ["scrapy"]
    # As users of a narrow terminal see it, and without what this machine may have set.
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_KEY")}
    set_ = {
        "PYTHONPATH": str(ROOT),
        "SCRAPY_SETTINGS_MODULE": "carscrape.settings",
        "COLUMNS": "80",
    }
    done = subprocess.run(
        [sys.executable, "-m", *module, *arguments],
        cwd=cwd,
        env={**kept, **set_, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return Said(done.returncode, done.stdout, done.stderr)
