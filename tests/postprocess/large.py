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
    pages = -(-len(ids) // PER_PAGE)
    db = ledger._db
    with db:
        db.execute("begin")
        db.executemany("insert into query values (?, ?, ?, '{}')", _queries())
        db.executemany(
            "insert into page (id, engine, query, number, verdict, found, repeats, tries, "
            "fetched_at) values (?, ?, ?, ?, ?, 51, 1, 1, ?)",
            _pages(pages),
        )
        db.executemany(
            "insert into image (id, url, host, outcome, final, sha256, type, tries, asks) "
            "values (?, ?, ?, ?, 1, ?, ?, 1, 1)",
            _images(ids),
        )
        db.executemany(
            "insert into result (page, rank, image, page_url, title) values (?, ?, ?, ?, ?)",
            _results(len(ids)),
        )


def _queries() -> Iterator[tuple[str, str, str]]:
    for label in range(LABELS):
        attributes = attributes_of(label)
        yield f"{label:016x}", " ".join(attributes.values()), json.dumps(attributes)


def _pages(pages: int) -> Iterator[tuple[Any, ...]]:
    for page in range(pages):
        label, number = page % LABELS, page // LABELS // len(ENGINES)
        engine = ENGINES[page // LABELS % len(ENGINES)]
        verdict = "results" if page % 7 else None
        yield page, engine, f"{label:016x}", number, verdict, 1e9 + 2.0 * page


def _images(ids: _Ids) -> Iterator[tuple[Any, ...]]:
    for n, id_ in enumerate(ids):
        outcome = _OUTCOMES[n % len(_OUTCOMES)]
        is_stored = outcome == "stored"
        sha256, type_ = (id_.tobytes().hex(), "image/jpeg") if is_stored else (None, None)
        host = f"host{n % 500}.example"
        yield n, f"https://{host}/{n}.jpg", host, outcome, sha256, type_


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
        [Generation(stage.name, _KEY, {"stage": stage.name}, stage.reasons) for stage in _STAGES]
    )


def _rows(
    stage: type[Stage], ids: _Ids, why: npt.NDArray[np.int64], label_of: npt.NDArray[np.int64]
) -> pa.Table:
    buffer = pa.py_buffer(np.ascontiguousarray(ids).tobytes())
    id_ = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(ids), [None, buffer])
    columns = {
        "id": id_,
        "keep": why == 0,
        "reason": np.array(stage.reasons)[why],
        "score": ((why * 37 + np.arange(len(ids))) % 1000 / 1000).astype(np.float32),
        "group": id_,
        "label": [" ".join(attributes_of(n).values()) for n in label_of],
        "attributes": [json.dumps(attributes_of(n)) for n in label_of],
        "votes": np.ones(len(ids), np.int32),
    }
    nothing = {field.name: pa.nulls(len(ids), field.type) for field in stage.schema()}
    return pa.table({name: columns.get(name, null) for name, null in nothing.items()})
