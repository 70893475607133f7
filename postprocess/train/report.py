"""What a judge is worth, for people and for programs."""

from dataclasses import asdict
from typing import Any

from postprocess.score.wilson import Proportion
from postprocess.train.evaluating import Evaluation
from postprocess.train.labelled import FOLDS
from postprocess.train.thresholds import COST, MAJORITY, Threshold, contradicted
from postprocess.train.training import Training

MOST_CLASSES = 15  # in a table of all pairs; of more, the pairs that are mixed up most
MOST_PAIRS = 20


def facts(training: Training) -> dict[str, Any]:
    """For programs; rows and columns of the confusion table are in the order of the classes."""
    return {
        "target": training.target.name,
        "classes": training.samples.classes,
        "left_out": training.samples.left_out,
        "temperature": training.crossed.temperature,
        **training.threshold._asdict(),
        "majority": MAJORITY,
        "cost": COST,
        "contradicted": asdict(_said_wrong(training)),
        "validation": _plain(training.validation),
        "test": _plain(training.test),
    }


def _plain(evaluation: Evaluation) -> dict[str, Any]:
    shares = {
        name: {**asdict(share), "share": share.share, "interval": share.interval}
        for name in ("right", "rejected", "found")
        for share in [getattr(evaluation, name)]
    }
    return {**asdict(evaluation), **shares}


def summary(training: Training) -> str:
    """For the terminal."""
    rejected = _said_wrong(training)
    return "\n".join(
        [
            f"{_what(training)}",
            f"test: as its label says: {training.test.right}",
            f"test: labels exchanged by lot that it finds: {training.test.found}",
            f"wrong labels, as it estimates: {100 * training.threshold.noise:.1f} %",
            f"of all these images it contradicts: {rejected}",
        ]
    )


def _said_wrong(training: Training) -> Proportion:
    least = training.threshold.min_support
    wrong = contradicted(training.samples.soft, training.crossed.said, least)
    return Proportion(int(wrong.sum()), len(wrong))


def _what(training: Training) -> str:
    samples, options = training.samples, training.options
    sizes = ", ".join(f"{split} {len(samples.rows(split)):,}" for split in ("train", "val", "test"))
    how = ", fine-tuned" if options.fine_tune else ""
    return (
        f"{training.target.name}, {len(samples.classes)} classes, {options.backbone}{how}: {sizes}"
    )


def markdown(training: Training) -> str:
    """The report."""
    lines = [
        f"# A judge of {training.target.name}",
        "",
        f"{_what(training)} (seed {training.options.seed}). {training.samples.left_out:,} images "
        "without such a label, or with one of which there are too few, were left out.",
        "",
        *_shares(training),
        "",
        *_threshold(training.threshold),
        "",
        "## Is it as sure as it should be?",
        "",
        f"Temperature {training.crossed.temperature:.2f}, fitted on validation. On test:",
        "",
        *_reliability(training.test),
        "",
        "## What is taken for what (test)",
        "",
        *_confusion(training),
        "",
        "![both as a picture](report.png)",
    ]
    return "\n".join(lines) + "\n"


def _threshold(threshold: Threshold) -> list[str]:
    return [
        "Labels are what the queries say, and some are wrong: "
        f"{100 * threshold.noise:.1f} % of them, as this judge estimates. "
        f"It rejects a label that it holds for less than {100 * threshold.min_support:.1f} % "
        f"probable where another class has {100 * MAJORITY:.0f} % or more. That is the largest "
        f"threshold up to there by which no more than {100 * COST:.0f} % of the images should be "
        f"right ones that are lost (expected: {100 * threshold.lost:.1f} %). It was chosen on the "
        "images of training and validation, each of the former judged by one of "
        f"{FOLDS} networks that had not learnt from it. "
        "The test split was looked at once, after everything was chosen.",
    ]


def _shares(training: Training) -> list[str]:
    val, test = training.validation, training.test
    rows = [
        ("most probable class is the label's", str(val.right), str(test.right)),
        (
            "calibration error",
            f"{100 * val.reliability.error:.1f} %",
            f"{100 * test.reliability.error:.1f} %",
        ),
        ("rejected as labelled", str(val.rejected), str(test.rejected)),
        ("rejected under another label by lot", str(val.found), str(test.found)),
    ]
    head = ["| | validation | test |", "|---|---|---|"]
    return [*head, *(f"| {' | '.join(row)} |" for row in rows)]


def _reliability(evaluation: Evaluation) -> list[str]:
    head = ["| it says | images | mean | right |", "|---|---:|---:|---:|"]
    return head + [
        f"| {100 * one.low:.0f} to {100 * one.high:.0f} % | {one.images:,} "
        f"| {100 * one.probability:.1f} % | {100 * one.right:.1f} % |"
        for one in evaluation.reliability.bins
    ]


def _confusion(training: Training) -> list[str]:
    names, table = training.samples.classes, training.test.confusion
    if len(names) <= MOST_CLASSES:
        head = [f"| label | {' | '.join(map(_cell, names))} |", f"|---|{'---:|' * len(names)}"]
        rows = zip(names, table, strict=True)
        return head + [f"| {_cell(name)} | {' | '.join(map(str, row))} |" for name, row in rows]
    pairs = sorted(
        (-number, label, seen)
        for label, row in zip(names, table, strict=True)
        for seen, number in zip(names, row, strict=True)
        if number and label != seen
    )
    head = ["| label | taken for | images |", "|---|---|---:|"]
    return head + [
        f"| {_cell(label)} | {_cell(seen)} | {-number} |"
        for number, label, seen in pairs[:MOST_PAIRS]
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
