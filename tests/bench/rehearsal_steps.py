"""The stages of a rehearsal, one command each, and what they leave on the disk."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from tests.bench.rehearsal_crawl import Say
from tests.bench.rehearsal_job import Job
from tests.bench.rehearsal_record import Figures, Record
from tests.bench.resident import Resident, resident

_BLOCK = 512  # bytes, of st_blocks


@dataclass(frozen=True)
class Step:
    """A command by its name, and the file its output goes into."""

    name: str
    command: list[str | Path]
    log: Path
    makes: Path  # which an earlier try may have left half made
    ends_with: tuple[int, ...] = (0,)


def steps(job: Job) -> Iterator[Step]:
    """Every stage in order, then what is made of their verdicts."""
    python, store = [sys.executable, "-m"], job.store.root
    truth, network = job.folder / "truth.tsv", ("--backbone", "demo")
    exported = ("--format", "folders", "--to", job.folder / "dataset")
    for name, verb, *options in (
        ("verify", "verify"),
        ("dedupe", "dedupe"),
        ("subject", "subject", *network),
        ("colour", "colour"),
        ("label", "label"),
        ("run again, nothing new", "run", *network),
        ("doctor", "doctor"),
        ("status", "status", "--json"),
        ("report", "report"),
        ("export as folders", "export", *exported),
    ):
        ends_with = (0, 1) if verb == "export" else (0,)  # 1: its certificate names a leak
        makes = job.folder / "dataset" if verb == "export" else store / "verdicts" / verb
        command = [*python, "postprocess", verb, store, *options]
        yield Step(name, command, job.log(verb), makes, ends_with)
    written = [*python, "carscrape.demo.truth", store, "--to", truth]
    yield Step("truth", written, job.log("truth"), truth)
    scored = [*python, "postprocess", "score", store, "--truth", truth]
    yield Step("score", scored, job.log("score"), job.log("score"))


def take(job: Job, record: Record, say: Say) -> dict[str, Resident]:
    """What each step takes, by its name.

    Raises:
        BenchError: one failed.
    """

    def figures(step: Step) -> Figures:
        say(f"{step.name}: its output is in {step.log}")
        shutil.rmtree(step.makes, ignore_errors=True)  # else it would take too little
        return asdict(resident(step.command, step.log, step.ends_with))

    return {
        step.name: Resident(**record.once(step.name, partial(figures, step))) for step in steps(job)
    }


def funnel(job: Job) -> dict[str, object]:
    """What the step status said."""
    return dict(json.loads(job.log("status").read_text("utf-8")))


def certificate(job: Job) -> str:
    """What the step export said of its splits."""
    lines = job.log("export").read_text("utf-8").splitlines()
    return next(line for line in lines if line.startswith("certificate: "))


def disk(job: Job) -> dict[str, int]:
    """Bytes that each part of the store takes on the disk, and the dataset."""
    root = job.store.root
    parts = {name: root / name for name in ("images", "ledger", "verdicts", "report")}
    parts["dataset"] = job.folder / "dataset"
    return {name: _on_disk(path) for name, path in parts.items()}


def _on_disk(folder: Path) -> int:
    return sum(path.stat().st_blocks * _BLOCK for path in folder.rglob("*") if path.is_file())
