"""Stores of any size, written straight into their files, since no crawl makes one in a test."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from carscrape.ledger import Ledger
from carscrape.store import Store
from postprocess.stage import Stage
from postprocess.stages.colour import Colour
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.label import Label
from postprocess.stages.subject import Subject
from postprocess.stages.verify import Verify
from postprocess.verdicts import Generation, Verdicts

LABELS = 2000
ENGINES = ("bing", "wikimedia")
PER_PAGE = 50
_STAGES = (Verify, Dedupe, Subject, Colour, Label)
_OUTCOMES = ("stored",) * 8 + ("gone", "refused")
_KEY = "0123456789abcdef"
_PARAMETERS = {
    "min_side": 48,
    "max_aspect": 5.0,
    "max_trailing": 1000,
    "max_flat": 0.98,
    "max_placeholder": 0.45,
    "max_drawing": 0.9,
    "top_k": 4,
    "threshold": 0.3,
}  # of all stages, so that every limit is known

_Ids = npt.NDArray[np.uint8]


def large_store(tmp_path: Path, images: int) -> Store:
    """So many image URLs of `LABELS` labels, eight in ten stored; each stage rejects a twentieth.

    A page has 50 results, of which one was found before.
    """
    store = Store(tmp_path / "large")
    store.create()
    ids = np.random.default_rng(7).integers(0, 256, (images, 32)).astype(np.uint8)
    with closing(Ledger(store.ledger_path())) as ledger:
        _fill(ledger, ids)
    stored = ids[[_OUTCOMES[n % len(_OUTCOMES)] == "stored" for n in range(images)]]
    _judge(store, stored)
    return store


def attributes_of(label: int) -> dict[str, str]:
    """Of the label with this number."""
    return {"color": f"colour{label % 10}", "make": f"make{label // 10}", "model": f"model {label}"}


def _fill(ledger: Ledger, ids: _Ids) -> None:
    db = ledger._db
    db.execute("pragma synchronous = off")
    db.execute("pragma cache_size = -500000")  # kB
    indexes = db.execute("select name, sql from sqlite_master where type = 'index' and sql != ''")
    made = [tuple(row) for row in indexes]
    with db:
        db.execute("begin")
        for name, _ in made:
            db.execute(f"drop index {name}")
        for table, rows in _tables(ids).items():
            columns, values = rows
            places = ", ".join("?" * len(columns.split(",")))
            db.executemany(f"insert into {table} ({columns}) values ({places})", values)
        for _, sql in made:
            db.execute(sql)


def _tables(ids: _Ids) -> dict[str, tuple[str, Iterator[tuple[Any, ...]]]]:
    page = "id, engine, query, number, verdict, found, repeats, tries, fetched_at"
    image = "id, url, host, outcome, final, sha256, type, tries, asks"
    return {
        "query": ("id, text, attributes", _queries()),
        "page": (page, _pages(-(-len(ids) // PER_PAGE))),
        "image": (image, _images(ids)),
        "result": ("page, rank, image, page_url, title", _results(len(ids))),
    }


def _queries() -> Iterator[tuple[str, str, str]]:
    for label in range(LABELS):
        attributes = attributes_of(label)
        yield f"{label:016x}", " ".join(attributes.values()), json.dumps(attributes)


def _pages(pages: int) -> Iterator[tuple[Any, ...]]:
    for page in range(pages):
        label, number = page % LABELS, page // LABELS // len(ENGINES)
        engine = ENGINES[page // LABELS % len(ENGINES)]
        verdict = "results" if page % 7 else None
        yield page, engine, f"{label:016x}", number, verdict, 51, 1, 1, 1e9 + 2.0 * page


def _images(ids: _Ids) -> Iterator[tuple[Any, ...]]:
    for n, id_ in enumerate(ids):
        outcome = _OUTCOMES[n % len(_OUTCOMES)]
        is_stored = outcome == "stored"
        sha256, type_ = (id_.tobytes().hex(), "image/jpeg") if is_stored else (None, None)
        host = f"host{n % 500}.example"
        yield n, f"https://{host}/{n}.jpg", host, outcome, 1, sha256, type_, 1, 1


def _results(images: int) -> Iterator[tuple[int, int, int, str, str]]:
    for n in range(images):
        page = f"https://pages.example/{n}"
        yield n // PER_PAGE, n % PER_PAGE, n, page, "a picture with a title " * 3
        if n % PER_PAGE == 0:
            yield n // PER_PAGE, PER_PAGE, (n * 7919) % images, page, "found before"


def _judge(store: Store, ids: _Ids) -> None:
    verdicts = Verdicts(store)
    label_of = np.arange(len(ids)) * len(_OUTCOMES) // 8 // PER_PAGE % LABELS
    for number, stage in enumerate(_STAGES):
        why = (np.arange(len(ids)) * 31 + number * 7) % (20 * (len(stage.reasons) - 1))
        why = np.where(why < len(stage.reasons) - 1, why + 1, 0)
        for part in range(0, len(ids), 65_536):
            rows = slice(part, part + 65_536)
            verdicts.write(stage, _KEY, _rows(stage, ids[rows], why[rows], label_of[rows]))
        kept = why == 0
        ids, label_of = ids[kept], label_of[kept]
    verdicts.set_current(
        [
            Generation(stage.name, _KEY, {"stage": stage.name, **_PARAMETERS}, stage.reasons)
            for stage in _STAGES
        ]
    )


def _rows(
    stage: type[Stage], ids: _Ids, why: npt.NDArray[np.int64], label_of: npt.NDArray[np.int64]
) -> pa.Table:
    buffer = pa.py_buffer(np.ascontiguousarray(ids).tobytes())
    id_ = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(ids), [None, buffer])
    labels = [attributes_of(n) for n in range(LABELS)]
    texts = {
        "label": [" ".join(attributes.values()) for attributes in labels],
        "attributes": [json.dumps(attributes) for attributes in labels],
    }
    score = ((why * 37 + np.arange(len(ids))) % 1000 / 1000).astype(np.float32)
    side = pa.array(40 + why * 3 + np.arange(len(ids)) % 900, pa.int32())
    columns = {
        "id": id_,
        "keep": why == 0,
        "reason": np.array(stage.reasons)[why],
        **dict.fromkeys(("score", "likeness", "placeholder", "drawing"), score),
        **dict.fromkeys(("width", "height"), side),
        "rank": pa.array(1 + why % 9, pa.int16()),
        "trailing": side.cast(pa.int64()),
        "group": id_,
        "votes": np.ones(len(ids), np.int32),
        **{name: pa.array(text).take(pa.array(label_of)) for name, text in texts.items()},
    }
    nothing = {field.name: pa.nulls(len(ids), field.type) for field in stage.schema()}
    return pa.table({name: columns.get(name, null) for name, null in nothing.items()})
