"""`python -m tests.bench.hits`: labels from simulated hit counts against the truth, over 20 seeds.

The counts are those of the demo's generator, which knows nothing of the formula: how strongly true
co-mentions follow a term's base rate is drawn from each seed, anywhere from 0 to 1. Nothing is
crawled. A minute of one core.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from carscrape.demo import hits
from carscrape.demo.words import TERMS, body_of
from carscrape.recipe import load
from postprocess.hits.accuracy import Accuracy, accuracies
from postprocess.hits.formula import Formula
from postprocess.hits.series import Counts, Series
from postprocess.hits.table import make_table
from tests.bench.document import table

SEEDS = range(20)
ENGINES = ("one", "two", "three", "four")
CORRECTIONS = (0.0, 0.25, 0.5, 0.75, 1.0)
DAY = "2026-11-26"
Subject = dict[str, str]


@dataclass(frozen=True)
class World:
    """What four engines say of every subject in the web of one seed, and what is true."""

    counts: Counts
    types: tuple[str, ...]
    dependence: float

    @classmethod
    def of(cls, seed: int, subjects: Sequence[Subject]) -> "World":
        """The world of a seed."""
        names = [" ".join(subject.values()) for subject in subjects]
        said = [
            [[hits.count(seed, f"{name} {term}", engine) for term in TERMS] for name in names]
            for engine in ENGINES
        ]
        series = tuple(Series(engine, "", DAY, True) for engine in ENGINES)
        counts = Counts(series, tuple(subjects), TERMS, np.array(said, float))
        return cls(counts, tuple(body_of(seed, name) for name in names), hits.web(seed).dependence)

    def ways(self, engines: int = len(ENGINES), correction: float | None = None) -> list[Accuracy]:
        """The accuracies when so many engines are asked."""
        counts = Counts(
            self.counts.series[:engines],
            self.counts.subjects,
            self.counts.terms,
            self.counts.values[:engines],
        )
        formula = None if correction is None else Formula(correction=correction)
        return accuracies(make_table(counts, formula).rows, self.types)


def subjects(most: int | None = None) -> list[Subject]:
    """The subjects of the recipe cars."""
    recipe = load("cars")
    found = {tuple(phrase.subject.items()): phrase.subject for phrase in recipe.hit_phrases()}
    return list(found.values())[:most]


def report(worlds: Sequence[World]) -> str:
    """The tables, as Markdown."""
    return "\n".join([_by_formula(worlds), _by_engines(worlds), _by_seed(worlds)])


def _by_formula(worlds: Sequence[World]) -> str:
    raw = [world.ways()[0] for world in worlds]
    others = [
        (f"correction {share}", [world.ways(correction=share)[1] for world in worlds])
        for share in CORRECTIONS
    ]
    head = ["four engines, one day", "accuracy", "worst seed", "mean per type", "worst seed"]
    head += ["of cars alone", "seeds where raw is right more often"]
    rows = [("largest raw count", raw), *others]
    return table(head, [[name, *_cells(ways), *_raw_wins(raw, ways)] for name, ways in rows])


def _raw_wins(raw: Sequence[Accuracy], ways: Sequence[Accuracy]) -> list[str]:
    """The accuracy of the commonest type, which raw counts favour, and how often raw is better."""
    cars = fmean(way.of_type("car").share or 0.0 for way in ways)
    pairs = zip(raw, ways, strict=True)
    wins = sum((one.right.share or 0.0) > (other.right.share or 0.0) for one, other in pairs)
    return [f"{cars:.3f}", f"{wins} of {len(ways)}"]


def _cells(ways: Sequence[Accuracy]) -> list[str]:
    right = [way.right.share or 0.0 for way in ways]
    per_type = [way.mean_per_type or 0.0 for way in ways]
    return [f"{value:.3f}" for found in (right, per_type) for value in (fmean(found), min(found))]


def _by_engines(worlds: Sequence[World]) -> str:
    rows = []
    for engines in range(1, len(ENGINES) + 1):
        raw, _, label = zip(*(world.ways(engines) for world in worlds), strict=True)
        shares = [1 - (way.labelled.share or 0.0) for way in label]
        abstained = [f"{value:.3f}" for value in (fmean(shares), max(shares))]
        rows.append([str(engines), *_cells(raw)[:2], *_cells(label), *abstained])
    head = ["engines", "raw", "worst", "label", "worst", "mean per type", "worst", "abstained"]
    return table([*head, "most"], rows)


def _by_seed(worlds: Sequence[World]) -> str:
    rows = []
    for seed, world in enumerate(worlds):
        raw, vector, label = world.ways()
        right = [way.right.share or 0.0 for way in (raw, vector, label)]
        per_type = [way.mean_per_type or 0.0 for way in (raw, vector)]
        winner = "raw" if right[0] > right[1] else "vector"
        figures = [world.dependence, *right, 1 - (label.labelled.share or 0.0), *per_type]
        rows.append([str(seed), *(f"{figure:.3f}" for figure in figures), winner])
    rows.sort(key=lambda row: float(row[1]))
    head = ["seed", "dependence", "raw", "vector", "label", "abstained"]
    return table([*head, "raw per type", "vector per type", "more often right"], rows)


def main() -> None:
    """Run the simulation and print it."""
    argparse.ArgumentParser(prog="python -m tests.bench.hits", description=__doc__).parse_args()
    names = subjects()
    print(report([World.of(seed, names) for seed in SEEDS]))


if __name__ == "__main__":
    main()
