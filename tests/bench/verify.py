"""How fast `verify` is, beside nothing but decoding at the same scale."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import simplejpeg

from postprocess.decoding import SIDE
from postprocess.stage import Image
from postprocess.stages.verify import Verify

_SIDES = [375, 500]  # pixels
_BYTES = range(80_000, 150_000)


@dataclass(frozen=True)
class Speed:
    """Images per second and core."""

    decoding: float
    verify: float

    @property
    def ratio(self) -> float:
        return self.verify / self.decoding


def speed(images: Sequence[Image], rounds: int = 5) -> Speed:
    """Measure both by turns in this process; of each image the fastest round counts.

    Args:
        images: JPEGs; 500x375 of 110 kB are what the figures are stated for (`photos`).
    """
    contents = [image.read() for image in images]
    stage = Verify()
    decoding = verify = [inf] * len(images)
    for _ in range(rounds):
        decoding = list(map(min, decoding, _seconds(_decode, contents)))
        verify = list(map(min, verify, _seconds(stage.prepare, images)))
    return Speed(len(images) / sum(decoding), len(images) / sum(verify))


def photos(folder: Path) -> list[Image]:
    """The JPEGs under a folder that are like those the figures are stated for."""
    found = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.suffix.lower() in (".jpg", ".jpeg") else b""
        if len(content) in _BYTES and sorted(simplejpeg.decode_jpeg_header(content)[:2]) == _SIDES:
            found.append(Image(hashlib.sha256(content).hexdigest(), path))
    return found


def _decode(content: bytes) -> None:
    simplejpeg.decode_jpeg(content, "RGB", min_height=SIDE, min_width=SIDE)


def _seconds(work: Callable[[Any], Any], images: Sequence[Any]) -> Iterator[float]:
    for image in images:
        began = time.process_time()
        work(image)
        yield time.process_time() - began
