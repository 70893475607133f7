"""The funnel as the page shows it: steps that lose something, each loss with its reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from carscrape.items import Outcome
from postprocess.funnel import Funnel, StageCount
from postprocess.report import wording
from postprocess.report.wording import Words


@dataclass(frozen=True)
class Loss:
    """What a step lost for one reason."""

    key: str  # the outcome's or reason's own name
    title: str
    why: str
    count: int


@dataclass(frozen=True)
class Step:
    """What is left after one step; with what it lost, as much as before."""

    key: str  # of a stage: its name
    title: str
    what: str
    count: int
    losses: tuple[Loss, ...] = ()  # the largest first
    skipped: str = ""  # a stage that did not run, and why
    is_stage: bool = False

    @property
    def lost(self) -> int:
        """What all losses add up to."""
        return sum(loss.count for loss in self.losses)


def steps(funnel: Funnel) -> list[Step]:
    """From results to labelled images; every step's count and losses sum to the count before."""
    outcomes = dict(funnel.outcomes)
    stored = outcomes.pop(Outcome.STORED, 0)
    return [
        Step("results", "Results", "places on the result pages", funnel.results),
        Step(
            "urls",
            "Addresses",
            "different image URLs",
            funnel.urls,
            _losses([("repeats", wording.REPEATS, funnel.repeats)]),
        ),
        Step(
            "stored",
            "Downloaded",
            "URLs whose image is stored",
            stored,
            _losses((name, wording.outcome(name), n) for name, n in outcomes.items()),
        ),
        Step(
            "files",
            "Images",
            "different files",
            funnel.files,
            _losses([("same_bytes", wording.SAME_BYTES, funnel.same_bytes)]),
        ),
        *map(_stage, funnel.stages),
    ]


def _stage(stage: StageCount) -> Step:
    rejected: Iterator[tuple[str, Words, int]] = (
        (name, wording.reason(name), n) for name, n in stage.rejected.items()
    )
    missing = ("missing", wording.MISSING, stage.missing)
    losses = _losses([*rejected, missing])
    words = wording.stage(stage.name)
    return Step(
        stage.name, words.title, words.why, stage.kept, losses, stage.skipped, is_stage=True
    )


def _losses(counts: Iterable[tuple[str, Words, int]]) -> tuple[Loss, ...]:
    losses = [Loss(name, *words, n) for name, words, n in counts if n]
    return tuple(sorted(losses, key=lambda loss: (-loss.count, loss.key)))
