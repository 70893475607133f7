"""What the image URLs of a store really show: `python -m carscrape.demo.truth STORE`.

Writes a table with tabs: url, kind, good (whether it belongs in a dataset of road vehicles and can
be had with good manners), original (the same for all copies of one picture), label, fault.
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from carscrape.demo.faults import MODES
from carscrape.demo.photos import PhotoError
from carscrape.demo.web import key_of
from carscrape.demo.world import World
from carscrape.demo.worlds import make_world
from carscrape.store import Store, StoreError

COLUMNS = ("url", "kind", "good", "original", "label", "fault")
_DEFAULTS = {"demo_seed": "7", "demo_photos": "", "demo_faults": "realistic"}


def row(world: World, url: str) -> tuple[str, ...]:
    """The row of one URL; its kind is "foreign" if this world has no such image."""
    key = key_of(url)
    truth = world.truth(key) if key else None
    if key is None or truth is None:
        return (url, "foreign", "no", "", "", "")
    good = "yes" if truth.good else "no"
    return (url, truth.kind, good, truth.original, truth.label, world.fault(key))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 done, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    store = Store(options.store)
    try:
        world = _world(store, options)
        urls = sorted({found["url"] for found in store.rows("select url from image")})
        _write(world, urls, options.to)
    except (StoreError, PhotoError) as error:
        print(f"truth: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"truth: cannot use {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m carscrape.demo.truth", description=__doc__)
    add = parser.add_argument
    add("store", help="a store whose images came from the demo web")
    add("--seed", type=int, help="default: what the crawl noted")
    add("--photos", type=Path, metavar="DIR", help="default: what the crawl noted")
    add("--faults", choices=MODES, help="default: what the crawl noted")
    add("--to", type=Path, metavar="FILE.tsv", help="default: standard output")
    return parser


def _world(store: Store, options: argparse.Namespace) -> World:
    """The world the crawl met, unless the options say otherwise."""
    noted = {found["name"]: found["value"] for found in store.rows("select * from note")}
    notes = {**_DEFAULTS, **noted}
    photos = options.photos or (Path(notes["demo_photos"]) if notes["demo_photos"] else None)
    seed = int(notes["demo_seed"]) if options.seed is None else options.seed
    return make_world(seed, options.faults or notes["demo_faults"], photos)


def _write(world: World, urls: Sequence[str], path: Path | None) -> None:
    with ExitStack() as stack:
        lines: TextIO = sys.stdout
        if path:
            lines = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        table = csv.writer(lines, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(row(world, url) for url in urls)


if __name__ == "__main__":
    sys.exit(main())
