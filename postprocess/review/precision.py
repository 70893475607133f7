"""How precise the labels of the kept images are, as far as people have looked at them."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil, fsum

from carscrape.store import Store
from postprocess.review.answers import Answer, Mark, read
from postprocess.review.population import Population, read_population
from postprocess.score.wilson import Proportion, in_words, wilson

ENOUGH = 0.05
"""Half of the interval's width from which on enough has been looked at."""

_NEXT = 5


@dataclass(frozen=True, slots=True)
class LabelPrecision:
    """What was said of the images of one label; those one is unsure of count for nothing."""

    label: str
    images: int  # kept images that bear it
    right: int
    wrong: int
    unsure: int

    @property
    def share(self) -> Proportion:
        """The right ones among those judged."""
        return Proportion(self.right, self.right + self.wrong)

    @property
    def left(self) -> int:
        """Images that nobody has looked at."""
        return self.images - self.right - self.wrong - self.unsure


@dataclass(frozen=True, slots=True)
class Estimate:
    """The share of right labels among all kept images, estimated from the labels looked at.

    Each label weighs as many images as it has, however many of them were looked at. The interval
    is Wilson's for the effective number of images (Kish): n where all labels were sampled in
    proportion, fewer where not. Labels without a judged image are left out: see `covered`.
    """

    share: float | None  # from 0 to 1; None where nothing was judged
    n: int  # images judged
    effective: float  # images a plain sample would need for the same certainty
    covered: float  # the share of the kept images whose labels have a judged image

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, from 0 to 1; all of it where nothing was judged."""
        return wilson(self.share, self.effective)

    @property
    def half_width(self) -> float:
        """Half of the interval's width, from 0 to 1/2."""
        return half_width(self.interval)

    def __str__(self) -> str:
        return in_words(self.share, self.n, self.interval)


@dataclass(frozen=True, slots=True)
class Precision:
    """What a spot check has shown so far."""

    asked: tuple[str, ...]  # attributes that make a label here
    overall: Estimate
    attributes: dict[str, Estimate]  # of each attribute alone, where there are several
    labels: tuple[LabelPrecision, ...]  # every label, sorted

    @property
    def unsure(self) -> int:
        """Images that were looked at and could not be judged."""
        return sum(label.unsure for label in self.labels)

    @property
    def enough(self) -> bool:
        """Whether the interval of the whole is as narrow as `ENOUGH` says, or all was seen."""
        seen = bool(self.labels) and not any(label.left for label in self.labels)
        return self.overall.half_width <= ENOUGH or seen

    @property
    def missing(self) -> int:
        """About how many more images make it enough; 0 where nothing was judged yet."""
        share, seen = self.overall.share, self.overall.effective
        if share is None or self.enough:
            return 0
        needed = next(n for n in count(1) if half_width(wilson(share, n)) <= ENOUGH)
        return min(
            ceil((needed - seen) * self.overall.n / seen), sum(row.left for row in self.labels)
        )

    @property
    def next(self) -> list[LabelPrecision]:
        """The labels worth looking at next: the widest interval times the share of the images."""
        waiting = (label for label in self.labels if label.left)
        return heapq.nlargest(_NEXT, waiting, key=_worth)


def half_width(interval: tuple[float, float]) -> float:
    """How far an interval reaches to either side of its middle."""
    return (interval[1] - interval[0]) / 2


def _worth(label: LabelPrecision) -> float:
    return half_width(label.share.interval) * label.images


def precision(store: Store, asked: Sequence[str] = ()) -> Precision:
    """Count the answers that were given about a store's kept images.

    Args:
        asked: the attributes that make a label; () for those that the last answer was about.

    Raises:
        UsageError: no kept image has one of the attributes.
        StoreError: the store cannot be read, or nothing was kept.
    """
    answers = read(store)
    population = read_population(store)
    return measure(population.narrowed(asked or _last_asked(population, answers)), answers)


def _last_asked(population: Population, answers: Sequence[Answer]) -> list[str]:
    """The attributes that the last answer was about, as far as there are such; [] for all."""
    last = answers[-1].about if answers else {}
    return [name for name in population.asked if name in last]


def measure(population: Population, answers: Iterable[Answer]) -> Precision:
    """Count these answers."""
    counted = population.counted(answers)
    labels = _labels(population, counted, population.asked)
    several = population.asked if len(population.asked) > 1 else ()
    alone = {
        name: estimate(_labels(population, _about(name, counted), (name,))) for name in several
    }
    return Precision(population.asked, estimate(labels), alone, labels)


def _about(name: str, counted: Mapping[str, Answer]) -> dict[str, Answer]:
    return {image: answer for image, answer in counted.items() if name in answer.about}


def _labels(
    population: Population, counted: Mapping[str, Answer], attributes: Sequence[str]
) -> tuple[LabelPrecision, ...]:
    said: dict[str, list[Mark]] = {label: [] for label in population.by_label}
    for image, answer in counted.items():
        said[population.label(image)].append(answer.on(*attributes))
    return tuple(
        LabelPrecision(label, len(population.by_label[label]), *(marks.count(m) for m in Mark))
        for label, marks in said.items()
    )


def estimate(labels: Sequence[LabelPrecision]) -> Estimate:
    """Put the labels together, each weighing as many images as it has."""
    judged = [label for label in labels if label.share.n]
    images = sum(label.images for label in judged)
    if not images:
        return Estimate(None, 0, 0.0, 0.0)
    share = fsum(label.images * label.right / label.share.n for label in judged) / images
    return Estimate(
        share=min(share, 1.0),
        n=sum(label.share.n for label in judged),
        effective=images**2 / fsum(label.images**2 / label.share.n for label in judged),
        covered=images / sum(label.images for label in labels),
    )
