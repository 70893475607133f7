"""A store with very many very small images: python -m tests.bench.small_store FOLDER IMAGES."""

import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
import simplejpeg

from carscrape.items import ImageResult, Outcome, PageVerdict, Result
from carscrape.ledger import Ledger
from carscrape.store import Store

PER_QUERY = 100
_ENGINE = "bing"
_COLORS = ("red", "blue", "white", "black", "green")
_SIDE, _BLOCK = 64, 8  # pixels; of an image, and of a square of one colour in it
_RECIPE = """\
name = "small"
per_query = 100
engines = ["bing"]
phrases = ["{color} {model}"]

[attributes]
color = ["red"]
model = ["any"]

[filter]            # all 17 classes: so every image is judged by every stage
top_k = 17
min_probability = 0.0

[filter.synsets]
car = ["n04285008"]
"""


@dataclass(frozen=True)
class _Query:
    id: str
    text: str
    attributes: dict[str, str]
    filters: dict[str, str] = field(default_factory=dict)


def make(folder: Path, images: int) -> None:
    """Fill a store with so many images of 64 x 64 pixels, all of them different."""
    store = Store(folder)
    store.create()
    store.recipe_path.write_text(_RECIPE, encoding="utf-8")
    ledger = Ledger(store.ledger_path())
    contents = _contents(images)
    try:
        ledger.pages.plan(_queries(images), [_ENGINE])
        for page in ledger.pages.due(_ENGINE, time.time(), images):
            urls = [f"https://images.example/{page['id']}/{n}" for n in range(PER_QUERY)]
            results = [Result(url) for url in urls]
            ledger.pages.finish(page, PageVerdict.RESULTS, results, most=PER_QUERY)
            due = ledger.images.due("images.example", time.time(), PER_QUERY)
            ledger.images.finish([(_stored(store, item, next(contents)), 0.0) for item in due])
    finally:
        ledger.close()


def _queries(images: int) -> list[_Query]:
    models = [f"model {n}" for n in range(images // PER_QUERY // len(_COLORS))]
    named = [{"color": c, "model": m} for c, m in product(_COLORS, models)]
    return [_Query(f"{n:016x}", " ".join(a.values()), a) for n, a in enumerate(named)]


def _contents(images: int) -> Iterator[bytes]:
    random = np.random.default_rng(images)
    squares = _SIDE // _BLOCK
    for _ in range(images):
        few = random.integers(0, 256, (squares, squares, 3), np.uint8)
        pixels = few.repeat(_BLOCK, 0).repeat(_BLOCK, 1)
        yield simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), 60)


def _stored(store: Store, item: ImageResult, content: bytes) -> ImageResult:
    item.outcome, item.type, item.bytes = Outcome.STORED, "image/jpeg", len(content)
    item.width = item.height = _SIDE
    item.sha256, item.fetched_at = hashlib.sha256(content).hexdigest(), time.time()
    path = store.image_path(item.sha256, item.type)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return item


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
