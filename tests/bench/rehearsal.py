"""The seed's job from the first query to the score, at full size or a part of it.

Its files stay in a folder. Given again, it goes on behind the last part that was done; who wants a
new one removes the folder.
"""

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from tests.bench import rehearsal_plan, rehearsal_steps
from tests.bench.document import Step
from tests.bench.measure import need_room
from tests.bench.rehearsal_crawl import Crawled, crawl
from tests.bench.rehearsal_job import PER_QUERY, Job
from tests.bench.rehearsal_record import Record
from tests.bench.rehearsal_tables import Rehearsed, section

_ON_DISK = 45_000  # bytes an image takes, twice for the dataset, with its rows, and some to spare
_STEPS = 3


def bench(folder: Path, step: Step, scale: float) -> str:
    """Rehearse, and return the section of the document.

    Raises:
        BenchError: too little room, or a program failed.
    """
    job = Job(folder / f"rehearsal-{scale:g}", scale)
    record = Record(job.folder / "taken.json")
    step(f"crawl of {job.queries:,} queries", _STEPS)
    crawled = Crawled.of(record.once("crawl", lambda: asdict(_crawl(job))))
    step("the stages", _STEPS)
    taken = rehearsal_steps.take(job, record, _say)
    step("scrapy plan", _STEPS)
    return section(job, Rehearsed(crawled, taken)) + "\n" + rehearsal_plan.section(job)


def _crawl(job: Job) -> Crawled:
    """A crawl that was not done to its end begins anew: its figures went with it."""
    job.prepare()
    need_room(job.folder, job.queries * PER_QUERY * _ON_DISK)
    return crawl(job, _say)


def _say(text: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)
