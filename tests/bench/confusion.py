"""What the stage subject keeps of pictures whose kind is known, under several rules.

python -m tests.bench.confusion IMAGES [--network NAME=FILE.weights.h5]
IMAGES holds the folders cars, vehicles, imagenet and junk, each with an INDEX.tsv.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from carscrape.recipe import load as load_recipe
from postprocess.stage import Image, Verdict
from postprocess.stages.subject import Subject
from postprocess.workers import Failure, batched, prepared
from tests.bench.document import table

CARS = load_recipe("cars").subject.synsets()
TOP = 4
RULES: dict[str, Callable[[Verdict], bool]] = {
    f"top {TOP}": lambda said: said.columns["rank"] <= TOP,
    "and sum >= 0.1": lambda said: said.columns["rank"] <= TOP and (said.score or 0) >= 0.1,
    "and sum >= 0.2": lambda said: said.columns["rank"] <= TOP and (said.score or 0) >= 0.2,
}


def kinds(images: Path) -> Iterator[tuple[str, Path]]:
    """Every picture with what it shows."""
    for folder in ("cars", "vehicles", "imagenet", "junk"):
        with (images / folder / "INDEX.tsv").open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                yield _kind(folder, row), images / folder / row["file"]


def _kind(folder: str, row: dict[str, str]) -> str:
    if folder == "cars":
        return "cars"
    if folder == "imagenet":
        return "imagenet: vehicle" if row["synset"] in CARS else "imagenet: other"
    return f"{folder}: {row['label'].casefold()}"


def confusion(images: Path, stage: Subject) -> list[list[str]]:
    """Kind, how many there are, and how many of them each of `RULES` keeps."""
    kept: defaultdict[str, list[list[bool]]] = defaultdict(list)
    known = list(kinds(images))
    verdicts = _judged(stage, [path for _, path in known])
    for (kind, _), verdict in zip(known, verdicts, strict=True):
        kept[kind].append([verdict is not None and rule(verdict) for rule in RULES.values()])
    return [
        [kind, f"{len(rows)}", *(f"{sum(column)}" for column in zip(*rows, strict=True))]
        for kind, rows in kept.items()
    ]


def _judged(stage: Subject, paths: Sequence[Path]) -> Iterator[Verdict | None]:
    """A verdict on each picture; None where it cannot be decoded."""
    backbone = stage.open()
    images = [Image(sha256(path.read_bytes()).hexdigest(), path) for path in paths]
    for batch in batched(prepared(stage, images), stage.batch_size):
        sound = [pair for pair in batch if not isinstance(pair[1], Failure)]
        some, ready = zip(*sound, strict=True)
        said = iter(stage.judge(backbone, some, ready))
        yield from (None if isinstance(value, Failure) else next(said) for _, value in batch)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.confusion", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--network", default="ResNet50", metavar="NAME[=FILE]")
    options = parser.parse_args()
    name, _, file = options.network.partition("=")
    stage = Subject(name, Path(file) if file else None, CARS)
    print(table(["kind", "pictures", *RULES], confusion(options.images, stage)))


if __name__ == "__main__":
    main()
