"""What a rehearsal took, left and kept, beside the seed's own figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench.document import circumstances, table
from tests.bench.rehearsal_crawl import SETTINGS, Crawled
from tests.bench.rehearsal_job import PER_QUERY, QUERIES, SHARDS, Job
from tests.bench.rehearsal_steps import certificate, disk, funnel
from tests.bench.resident import Resident

_VERSIONS = ("scrapy", "aiohttp", "pillow", "numpy", "pyarrow", "tensorflow", "keras")


@dataclass(frozen=True)
class Rehearsed:
    """What each part took."""

    crawled: Crawled
    steps: Mapping[str, Resident]

    @property
    def rows(self) -> list[list[str]]:
        """One line per program, in the order they began."""
        programs = {**self.crawled.runs, "the demo web meanwhile": self.crawled.demo, **self.steps}
        return [_row(name, taken) for name, taken in programs.items()]

    @property
    def share_of_demo(self) -> float:
        """Of the CPU that the crawl took with it."""
        demo = self.crawled.demo.cpu
        return demo / (demo + sum(run.cpu for run in self.crawled.runs.values()))

    def wall(self, *steps: str) -> float:
        """Seconds that these steps took."""
        return sum(self.steps[step].wall for step in steps)


def section(job: Job, rehearsed: Rehearsed) -> str:
    """The section of the document, but for what the real web would add."""
    found = funnel(job)
    return "\n".join(
        (
            circumstances(f"make rehearsal SCALE={job.scale:g}", names=_VERSIONS)
            + _done(job, rehearsed.crawled),
            table(["", "wall, s", "CPU, s", "peak memory, MB"], rehearsed.rows),
            f"Of the CPU of the crawl the demo web took {rehearsed.share_of_demo:.0%}, most of it "
            "to draw.\n",
            _kept(job, found),
            "```\n" + job.log("score").read_text("utf-8").strip() + "\n```\n",
            _on_disk(job, found["files"]),
            _beside_the_seed(job, rehearsed),
        )
    )


def _row(name: str, taken: Resident) -> list[str]:
    return [name, f"{taken.wall:,.1f}", f"{taken.cpu:,.1f}", f"{taken.together / 1e6:,.0f}"]


def _done(job: Job, crawled: Crawled) -> str:
    size = (
        "All of the seed's job"
        if job.queries == QUERIES
        else f"**{job.queries:,} of the {QUERIES:,} queries; the full size was not run**"
    )
    return (
        f"{size}: {job.whose}, 10 colours, up to {PER_QUERY} images a query, from the demo web "
        f"with its realistic faults and small drawn pictures, by {SHARDS} shards at once "
        f"({', '.join(SETTINGS)}): {crawled.wall:,.0f} s. Shard 1 was killed by kill -9 when "
        f"{crawled.ended_at_kill:,} images of both had ended, and its command given again. "
        "Memory is of all processes of a step together.\n"
    )


def _kept(job: Job, found: Mapping[str, Any]) -> str:
    passed = "; ".join(
        f"{stage['name']} kept {stage['kept']:,} of {stage['entered']:,}"
        for stage in found["stages"]
    )
    return (
        f"{found['results']:,} results, {found['urls']:,} URLs, {found['outcomes']['stored']:,} "
        f"stored, {found['files']:,} different images; {job.images_waiting():,} URLs wait for a "
        f"later run. {passed}. `doctor`: {job.log('doctor').read_text('utf-8').strip()}. "
        f"The dataset's {certificate(job)}. Against the truth:\n"
    )


def _on_disk(job: Job, images: int) -> str:
    parts = disk(job)
    rows = [
        [name, f"{size / 1e6:,.1f}", f"{size / images / 1000:.2f}"] for name, size in parts.items()
    ]
    return table(["on the disk", "MB", "kB per image"], rows)


def _beside_the_seed(job: Job, rehearsed: Rehearsed) -> str:
    times = QUERIES / job.queries
    others = ("dedupe", "colour", "label", "doctor", "report", "export as folders")
    rows = [
        [what, seed, f"{seconds * times / 3600:.2f} h"]
        for what, seed, seconds in (
            ("list and download", "5 h + 10 h", rehearsed.crawled.wall),
            ("find what is no image", "7 min", rehearsed.wall("verify")),
            ("keep the cars", "8 h", rehearsed.wall("subject")),
            ("copies, colours, labels, check, report, dataset", "–", rehearsed.wall(*others)),
        )
    ]
    here = "here" if job.queries == QUERIES else f"here, reckoned: {times:.0f} times this part"
    return (
        "The seed's own figures for a million URLs are from the real web, with a large network on "
        "a GPU; here no host is far, the network is the demo's, and the pictures were drawn on the "
        "same cores:\n\n" + table(["a million URLs", "the seed", here], rows)
    )
