"""How fast `verify` is, beside nothing but decoding, and beside loading images as Keras does."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from math import inf
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from typing import Any

import simplejpeg

from postprocess.decoding import SIDE
from postprocess.quiet import quiet
from postprocess.stage import Image
from postprocess.stages.verify import Verify
from postprocess.workers import CHUNK, cores, prepared
from tests.bench.document import table

_SIDES = [375, 500]  # pixels
_BYTES = range(80_000, 150_000)
_LEAST = 0.7  # of decoding alone
_ROUNDS = 3
_IN_POOL = 4_000  # images
_WARM = 16 * CHUNK  # images that are not counted: the children begin
_TARGET = (224, 224)  # pixels, what a network takes


@dataclass(frozen=True)
class Speed:
    """Images per second and core."""

    decoding: float
    columns: float  # all that verify says, of bytes in memory
    verify: float  # with reading the file, and checking that it is the one its name says


@dataclass(frozen=True)
class _InMemory:
    content: bytes

    def read(self) -> bytes:
        return self.content


def section(folder: Path) -> str:
    """The tables for the photos under a folder, or why there are none."""
    images = photos(folder)
    if not images:
        return f"**verify**: not measured, for want of photos of 500x375 in {folder}.\n"
    single = speed(images)
    rounds = [(_in_processes(images), _keras_in_processes(images)) for _ in range(_ROUNDS)]
    pooled, keras = (median(rates) for rates in zip(*rounds, strict=True))
    named = {
        "decoding alone, at the smallest scale that keeps 64 pixels": single.decoding,
        f"verify, all its columns of bytes in memory (wanted: {_LEAST})": single.columns,
        "verify, with reading the file and checking its hash": single.verify,
    }
    rows = [[n, f"{rate:.0f}", f"{rate / single.decoding:.2f}"] for n, rate in named.items()]
    pools = [
        ["`postprocess run`: verify, in pebble's child processes", f"{pooled:.0f}"],
        ["Keras's `load_img` at 224x224, in `multiprocessing.Pool`", f"{keras:.0f}"],
    ]
    return (
        f"**verify**: {len(images)} photos of 500x375 and 80 to 150 kB.\n\n"
        + table(["one core", "images per CPU-second", "ratio"], rows)
        + "\n"
        + table([f"a process on each of {cores()} cores", "images per second"], pools)
    )


def speed(images: Sequence[Image], rounds: int = 5) -> Speed:
    """Measure all by turns in this process; of each image the fastest round counts.

    Args:
        images: JPEGs; 500x375 of 110 kB are what the figures are stated for (`photos`).
    """
    contents = [image.read() for image in images]
    prepare = Verify().prepare
    works: list[tuple[Callable[[Any], Any], Sequence[Any]]] = [
        (_decode, contents),
        (prepare, [_InMemory(content) for content in contents]),
        (prepare, images),
    ]
    fastest = [[inf] * len(images) for _ in works]
    for _ in range(rounds):
        for seconds, (work, given) in zip(fastest, works, strict=True):
            seconds[:] = map(min, seconds, _seconds(work, given))
    return Speed(*(len(images) / sum(seconds) for seconds in fastest))


def photos(folder: Path) -> list[Image]:
    """The JPEGs under a folder that are like those the figures are stated for."""
    return [image for image in jpegs(folder) if _is_usual(image.path.read_bytes())]


def jpegs(folder: Path) -> Iterator[Image]:
    """Every JPEG under a folder, in the order of the names."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".jpg", ".jpeg"):
            yield Image(hashlib.sha256(path.read_bytes()).hexdigest(), path)


def _is_usual(content: bytes) -> bool:
    if len(content) not in _BYTES:
        return False
    return sorted(simplejpeg.decode_jpeg_header(content)[:2]) == _SIDES


def _decode(content: bytes) -> None:
    simplejpeg.decode_jpeg(content, "RGB", min_height=SIDE, min_width=SIDE)


def _seconds(work: Callable[[Any], Any], images: Sequence[Any]) -> Iterator[float]:
    for image in images:
        began = time.process_time()
        work(image)
        yield time.process_time() - began


def _in_processes(images: Sequence[Image]) -> float:
    return _rate(prepared(Verify(), _often(images)))


def _keras_in_processes(images: Sequence[Image]) -> float:
    spawn = get_context("spawn")
    ready = spawn.Barrier(cores() + 1)
    with spawn.Pool(cores(), _import_keras, (ready,)) as pool:
        ready.wait()
        paths = (image.path for image in _often(images))
        return _rate(pool.imap(_loads, paths, chunksize=CHUNK))


def _often(images: Sequence[Image]) -> Iterator[Image]:
    return islice(chain.from_iterable(repeat(images)), _WARM + _IN_POOL)


def _rate(done: Iterator[Any]) -> float:
    """Per second, once it is under way."""
    assert len(list(islice(done, _WARM))) == _WARM
    began = time.monotonic()
    return sum(1 for _ in done) / (time.monotonic() - began)


def _import_keras(ready: Barrier) -> None:
    with quiet():
        import keras  # noqa: F401
    ready.wait()


def _loads(path: Path) -> bool:
    """Say whether it is an image, as the collection this project began with was sorted."""
    from keras.utils import load_img

    try:
        load_img(path, target_size=_TARGET)
    except OSError:
        return False
    return True
