"""How far the backends and runtimes that are installed here agree on real photos.

python -m tests.bench.agreement IMAGES [--network NAME=FILE.weights.h5] [--least PROBABILITY]
IMAGES holds the folders cars, vehicles, imagenet and junk, each with an INDEX.tsv.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from postprocess.models.calibration import calibration
from tests.backends import Network, agreement
from tests.bench.confusion import kinds
from tests.bench.document import table

OTHERS = (("jax", ""), ("torch", ""), ("tensorflow", "openvino"))
Row = list[str]
HEAD = ("beside TensorFlow", "pictures", "scores apart", "decided otherwise", "near the threshold")


def rows(paths: Sequence[Path], name: str, weights: Path | None, least: float) -> Iterator[Row]:
    """A line of the table for each that is installed."""
    usual = Network(name, weights).judge(paths, least)
    for backend, runtime in OTHERS:
        network = Network(name, weights, backend, runtime)
        if network.lacking():
            print(f"{runtime or backend} is not installed", file=sys.stderr)
            continue
        found = agreement(usual, network.judge(paths, least), least)
        counts = (found.images, f"{found.apart:.0e}", found.otherwise, found.near)
        yield [runtime or backend, *map(str, counts)]


def named(images: Path, folder: Path) -> list[Path]:
    """Links to every picture, named by the sha256 of its bytes."""
    for _, path in kinds(images):
        link = folder / f"{sha256(path.read_bytes()).hexdigest()}{path.suffix}"
        if not link.exists():
            link.symlink_to(path.resolve())
    return sorted(folder.iterdir())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.agreement", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--network", default="ResNet50", metavar="NAME[=FILE]")
    parser.add_argument("--least", type=float, help="the threshold, else the network's own")
    options = parser.parse_args()
    name, _, file = options.network.partition("=")
    least = options.least or calibration(name).min_probability
    with tempfile.TemporaryDirectory() as folder:
        paths = named(options.images, Path(folder))
        print(table(HEAD, list(rows(paths, name, Path(file) if file else None, least))))


if __name__ == "__main__":
    main()
