"""Small stores for tests, made through the real ledger."""

import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from PIL import Image, ImageDraw

from carscrape.items import ImageResult, Outcome, PageVerdict, Result
from carscrape.ledger import Ledger
from carscrape.store import Store

RECIPE = """\
name = "small"
per_query = 100
engines = ["bing"]
phrases = ["{color} {make} {model}"]
table = "small.csv"

[attributes]
color = ["red", "blue"]

[hits]
phrase = "{make} {model} {term}"
terms = ["car", "truck"]

[filter]
top_k = 4
min_probability = 0.1

[filter.synsets]
car = ["n02814533"]
"""
TABLE = "make,model\nford,mustang\nfiat,500\n"
RED = {"color": "red", "make": "ford", "model": "mustang"}
BLUE = {"color": "blue", "make": "ford", "model": "mustang"}


@dataclass(frozen=True)
class Found:
    """One result: an image URL that one query found at one engine."""

    content: bytes  # what the URL serves, if it is stored
    attributes: dict[str, str] = field(default_factory=lambda: RED)
    engine: str = "bing"
    url: str = ""  # "": one of its own
    outcome: Outcome | None = Outcome.STORED  # None: waiting
    type: str = "image/jpeg"
    title: str = "a picture"


def picture(seed: int = 0, size: tuple[int, int] = (96, 80), format_: str = "JPEG") -> bytes:
    """A drawn picture; another seed draws another one."""
    image = Image.new("RGB", size, (seed * 37 % 256, seed * 91 % 256, seed * 53 % 256))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 10, 20 + seed % 40, 50), fill=(250, seed % 256, 40))
    draw.text((5, 60), str(seed), fill=(0, 0, 0))
    file = io.BytesIO()
    image.save(file, format_)
    return file.getvalue()


def make_store(tmp_path: Path, images: Iterable[Found | bytes], shard: str = "all") -> Store:
    """A store in tmp_path/store whose ledger holds these results, ranked in this order per query.

    Called again with another shard, or more images, it adds to the store that is there.
    """
    store = Store(tmp_path / "store")
    store.create()
    store.recipe_path.write_text(RECIPE, encoding="utf-8")
    (store.root / "small.csv").write_text(TABLE, encoding="utf-8")
    found = [entry if isinstance(entry, Found) else Found(entry) for entry in images]
    results = [(_url(entry), entry) for entry in found]
    ledger = Ledger(store.ledger_path(shard))
    try:
        _write_pages(ledger, results)
        _write_images(ledger, store, dict(reversed(results)))
    finally:
        ledger.close()
    return store


def sha(content: bytes) -> str:
    """The id of an image."""
    return hashlib.sha256(content).hexdigest()


def wal_of(ledger: Path) -> Path:
    """Where SQLite writes the rows that are not in the ledger yet."""
    return ledger.with_name(f"{ledger.name}-wal")


def forbid_writing(ledger: Path) -> None:
    """Let SQLite make no files beside the ledger, as in a folder that cannot be written.

    Even root, who may write everywhere, cannot make a file through a link that leads nowhere.
    """
    wal_of(ledger).unlink(missing_ok=True)
    shared = ledger.with_name(f"{ledger.name}-shm")
    shared.unlink(missing_ok=True)
    shared.symlink_to(ledger.parent / "nowhere" / "shm")


@dataclass(frozen=True)
class _Query:
    id: str
    text: str
    attributes: dict[str, str]
    filters: dict[str, str] = field(default_factory=dict)


_PAGE_URL = "https://pages.example/1"


def _url(entry: Found) -> str:
    named = f"{json.dumps(entry.attributes)} {entry.engine}".encode() + entry.content
    return entry.url or f"https://images.example/{sha(named)[:16]}"


def _write_pages(ledger: Ledger, results: Sequence[tuple[str, Found]]) -> None:
    pages: dict[tuple[str, str], list[Result]] = {}
    for url, entry in results:
        text = " ".join(entry.attributes.values())
        query = _Query(sha(text.encode())[:16], text, entry.attributes)
        ledger.pages.plan([query], [entry.engine])
        pages.setdefault((entry.engine, query.id), []).append(Result(url, _PAGE_URL, entry.title))
    for (engine, query_id), found in pages.items():
        for page in ledger.pages.due(engine, now=1.0, limit=1000):
            if page["query"] == query_id:
                ledger.pages.finish(page, PageVerdict.RESULTS, found, most=1000)


def _write_images(ledger: Ledger, store: Store, served: dict[str, Found]) -> None:
    ended = []
    due = [ledger.images.due(host, now=1.0, limit=100_000) for host in ledger.images.open_hosts()]
    for item in chain.from_iterable(due):
        entry = served[item.url]
        if entry.outcome is not None:
            ended.append((_ended(item, entry), 0.0))
        if entry.outcome == Outcome.STORED:
            path = store.image_path(sha(entry.content), entry.type)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(entry.content)
    ledger.images.finish(ended)


def _ended(item: ImageResult, entry: Found) -> ImageResult:
    item.outcome = entry.outcome
    if entry.outcome == Outcome.STORED:
        item.sha256 = sha(entry.content)
        item.type = entry.type
        item.bytes = len(entry.content)
        item.fetched_at = 1.0
    return item
