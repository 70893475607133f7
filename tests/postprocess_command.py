"""`python -m postprocess` in a process of its own."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def postprocess(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a verb to its end."""
    return subprocess.run(
        [sys.executable, "-m", "postprocess", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
