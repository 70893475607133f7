"""Datasets in files of many images: DIR/<split>/00000-of-00002.<suffix>, and shards.csv.

The name of each tells how many there are, so that a missing one is noticed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import chain, groupby
from pathlib import Path

from postprocess.dataset.examples import Example, ExportError
from postprocess.dataset.images import Item
from postprocess.dataset.splits import PER_MILLE
from postprocess.spreadsheet import write_csv

SHARD_BYTES = 256_000_000  # of images; a shard is closed when it has so many

Opened = Callable[[Path], AbstractContextManager[Callable[[Item], None]]]
"""Opens a shard of a format; gives a function that adds an image to it."""

_NAME = re.compile(r"\d{5}-of-(\d{5})")


def write_shards(
    folder: Path, items: Iterable[Item], suffix: str, opened: Opened
) -> dict[str, Example]:
    """Write items, which come split by split.

    Returns:
        <path of the shard>/<name of the image> -> example.
    """
    paths: dict[str, Example] = {}
    rows = []
    for split, some in groupby(items, lambda item: item.example.split):
        (folder / split).mkdir()
        written = [
            _write(folder / split / f"{number}", run, opened)
            for number, run in enumerate(_runs(some))
        ]
        for number, shard in enumerate(written):
            path = folder / split / f"{number:05}-of-{len(written):05}.{suffix}"
            (folder / split / f"{number}").rename(path)
            name = path.relative_to(folder).as_posix()
            paths.update((f"{name}/{file}", example) for file, example in shard.items())
            rows.append((name, split, len(shard), path.stat().st_size))
    with (folder / "shards.csv").open("w", encoding="utf-8", newline="") as file:
        write_csv(file, [("path", "split", "images", "bytes"), *rows])
    return paths


def shards(folder: Path, suffix: str) -> Iterator[tuple[str, Path]]:
    """Every shard and its split.

    Raises:
        ExportError: one is missing.
    """
    for split in PER_MILLE:
        found = sorted((folder / split).glob(f"*.{suffix}"))
        for number, path in enumerate(found):
            said = _NAME.fullmatch(path.stem)
            if said is None or int(said[1]) != len(found) or int(path.stem[:5]) != number:
                raise ExportError(f"{folder / split} lacks shards, or has some of another export")
            yield split, path


def _runs(items: Iterable[Item]) -> Iterator[Iterator[Item]]:
    """The images of each shard; each run is to be exhausted before the next."""
    items = iter(items)
    for first in items:
        yield _run(first, items)


def _run(first: Item, items: Iterator[Item]) -> Iterator[Item]:
    size = 0
    for item in chain([first], items):
        yield item
        size += len(item.content)
        if size >= SHARD_BYTES:
            return


def _write(path: Path, items: Iterable[Item], opened: Opened) -> dict[str, Example]:
    written = {}
    with opened(path) as add:
        for item in items:
            add(item)
            written[item.file] = item.example
    return written
