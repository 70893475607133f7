"""The seed's job from the first query to the score, at full size or a part of it.

Its files stay in the folder `rehearsal`; a new rehearsal begins with removing them.
"""

import shutil
import sys
from datetime import datetime
from pathlib import Path

from tests.bench import rehearsal_plan, rehearsal_steps
from tests.bench.document import Step
from tests.bench.measure import need_room
from tests.bench.rehearsal_crawl import crawl
from tests.bench.rehearsal_job import PER_QUERY, Job
from tests.bench.rehearsal_tables import Rehearsed, section

_ON_DISK = 45_000  # bytes an image takes, twice for the dataset, with its rows, and some to spare
_STEPS = 3


def bench(folder: Path, step: Step, scale: float) -> str:
    """Rehearse, and return the section of the document.

    Raises:
        BenchError: too little room, or a program failed.
    """
    job = Job(folder / "rehearsal", scale)
    shutil.rmtree(job.folder, ignore_errors=True)
    need_room(folder, job.queries * PER_QUERY * _ON_DISK)
    whose = job.prepare()
    step(f"crawl of {job.queries:,} queries", _STEPS)
    crawled = crawl(job, _say)
    step("the stages", _STEPS)
    taken = rehearsal_steps.take(job, _say)
    step("scrapy plan", _STEPS)
    return section(job, whose, Rehearsed(crawled, taken)) + "\n" + rehearsal_plan.section(job)


def _say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)
