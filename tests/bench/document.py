"""The section of docs/benchmarks.md that a benchmark writes, between its two marks."""

import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count
from pathlib import Path

from tests.bench.measure import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
Step = Callable[[str, int], None]
"""Told what is done next, and of how many steps."""
_END = "<!-- end -->"


def write(command: str, text: str) -> None:
    """Put the text where the document says the command writes."""
    mark = f"<!-- made by `{command}`, not by hand -->"
    before, found, rest = DOCUMENT.read_text("utf-8").partition(mark)
    if not found:
        raise SystemExit(f"{DOCUMENT} has no line {mark}")
    after = rest.partition(_END)[2]
    DOCUMENT.write_text(f"{before}{mark}\n{text}{_END}{after}", "utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown; every column but the first is of numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def circumstances(
    command: str, *more: str, names: Sequence[str] = ("scrapy", "twisted", "pillow")
) -> str:
    """When and on what the figures were taken, with the versions of these packages and more."""
    versions = [f"CPython {platform.python_version()}", *(f"{n} {version(n)}" for n in names)]
    date = datetime.now(UTC).strftime("%d %B %Y").lstrip("0")
    machine = f"{_processor()}, {cpu_count()} cores, {platform.system()} {platform.release()}"
    return f"`{command}`, {date}; {machine}; {', '.join((*versions, *more))}.\n"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
