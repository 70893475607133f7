"""Removes images and every trace of them from the files of a store; done twice, it is as once."""

import html
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from carscrape.store import Store
from postprocess.checks.leftovers import is_leftover
from postprocess.verdicts import read_part
from postprocess.writing import write_aside

_SHA256 = re.compile(r"[0-9a-f]{64}")


def remove_files(folder: Path, images: Collection[str]) -> int:
    """Delete the files below a folder that bear the name of an image; returns how many."""
    paths = [path for path in files_of(folder, images) if path.is_file()]
    for path in paths:
        path.unlink()
    return len(paths)


def files_of(folder: Path, images: Collection[str]) -> Iterator[Path]:
    """The files below a folder that bear the name of one of these images, be they whole or not."""
    for path in folder.rglob("*"):
        named = _SHA256.search(path.name)
        if named and named[0] in images:
            yield path


def parts_with(store: Store, images: Collection[str]) -> Iterator[tuple[Path, int]]:
    """The parts of all verdicts that speak of these images, and in how many rows.

    Raises:
        StoreError: a part is damaged.
    """
    ids = _ids(images)
    for path in sorted(store.verdicts_dir.rglob("part-*.parquet")):
        rows = pc.sum(pc.is_in(read_part(path, ["id"])["id"], value_set=ids)).as_py()
        if rows:
            yield path, rows


def remove_verdicts(store: Store, images: Collection[str]) -> int:
    """Write anew the parts that speak of these images, and delete unfinished ones; returns rows.

    What verify says of an image holds a small picture of it.
    """
    removed = 0
    for path, rows in list(parts_with(store, images)):
        table = read_part(path, None)
        table = table.filter(pc.invert(pc.is_in(table["id"], value_set=_ids(images))))
        buffer = BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        write_aside(path, buffer.getvalue())
        removed += rows
    for path in filter(is_leftover, list(store.verdicts_dir.rglob("*"))):
        path.unlink()
    return removed


def _ids(images: Iterable[str]) -> pa.Array:
    return pa.array([bytes.fromhex(image) for image in images], pa.binary(32))


def remove_evidence(store: Store, urls: Iterable[str]) -> int:
    """Delete the kept pages that name one of these URLs, however escaped; returns how many."""
    needles = {needle for url in urls if url for needle in _spellings(url)}
    removed = 0
    for path in sorted(store.evidence_dir.glob("*")):
        content = path.read_bytes()
        if any(needle in content for needle in needles):
            path.unlink()
            removed += 1
    return removed


def _spellings(url: str) -> set[bytes]:
    plain = url.partition("://")[2] or url
    shapes = {plain, html.escape(plain), plain.replace("/", "\\/"), quote(plain, safe="")}
    return {shape.encode("utf-8", "surrogatepass") for shape in shapes}


def remove_pages(store: Store) -> int:
    """Delete the pages of the report, which hold small pictures; returns how many."""
    pages = sorted(store.report_dir.glob("*.html"))
    for path in pages:
        path.unlink()
    return len(pages)


def remove_copies(store: Store) -> int:
    """Delete what migrations and repairs left of the ledgers as they were; returns how many."""
    kept = {
        f"{path.name}{suffix}" for path in store.ledger_paths() for suffix in ("", "-wal", "-shm")
    } | {path.with_suffix(".lock").name for path in store.ledger_paths()}
    copies = [path for path in sorted(store.ledger_dir.iterdir()) if path.name not in kept]
    for path in copies:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return len(copies)
