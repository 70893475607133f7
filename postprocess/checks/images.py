"""The image files: there, whole, and known to a ledger."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from carscrape.store import EXTENSIONS, Store
from postprocess.checks.ledgers import ask
from postprocess.checks.leftovers import is_leftover
from postprocess.progress import bar

_STORED = """
select sha256, type, max(bytes) as bytes from image
where outcome = 'stored' and length(sha256) = 64 and type in (select value from json_each(?))
group by sha256, type
"""


@dataclass(frozen=True, slots=True)
class WrongFile:
    """A stored image whose file is missing or holds other bytes: where, and what is wrong."""

    ledger: Path
    sha256: str
    path: Path
    why: str


def wrong_files(store: Store) -> Iterator[WrongFile]:
    """Stored images that are missing, or whose bytes are not those that were stored."""
    for ledger in store.ledger_paths():
        rows = ask(ledger, _STORED, EXTENSIONS)
        with bar("doctor", len(rows)) as advance:
            for row in rows:
                path = store.image_path(row["sha256"], row["type"])
                why = _wrong(path, row["sha256"], row["bytes"])
                if why:
                    yield WrongFile(ledger, row["sha256"], path, why)
                advance(1)


def files(store: Store) -> Iterator[str]:
    """A line for every wrong file."""
    for wrong in wrong_files(store):
        yield (
            f"{wrong.path} {wrong.why}: put a good copy there, or have it fetched again by the "
            f"next run: python -m postprocess doctor {store.root} --rebuild"
        )


def strays(store: Store) -> Iterator[str]:
    """Image files that no ledger knows."""
    known = {
        store.image_path(row["sha256"], row["type"])
        for ledger in store.ledger_paths()
        for row in ask(ledger, _STORED, EXTENSIONS)
    }
    for path in sorted(store.images_dir.rglob("*")):
        if path not in known and not is_leftover(path) and not path.is_dir():
            yield f"{path} is in no ledger: run the crawl again, and delete the file if it stays so"


def _wrong(path: Path, sha256: str, size: int | None) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if size is not None and len(content) != size:
        return f"has {len(content):,} bytes, {size:,} were stored"
    if hashlib.sha256(content).hexdigest() != sha256:
        return "holds other bytes than its name says"
    return ""
