"""Where everything of a store lies, and its rows read back.

    STORE/
      recipe.toml                    the recipe this store was made from (and the tables it names)
      ledger/<shard>.sqlite          written by the crawl only, one writer each
      images/ab/<sha256>.<ext>       the bytes as served, named by their hash
      evidence/                      pages of unknown layout, block pages, first bytes of non-images
      verdicts/<stage>/<key>/        written by postprocess only
      report/  dataset/
      review/                        what people said of the labels
      judges/                        networks that were trained on the store
      takedowns.jsonl                what was taken down, as hashes; nobody asks or stores it again

Standard library only.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/avif": "avif",
}
"""The image types a store holds, and how their files end."""

_NOT_STORED = (
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"\xff\x4f\xff\x51", "image/jp2"),
    (b"\0\0\0\x0cJXL ", "image/jxl"),
    (b"\xff\x0a", "image/jxl"),
    (b"%!PS", "application/postscript"),
    (b"\xc5\xd0\xd3\xc6", "application/postscript"),
    (b"%PDF", "application/pdf"),
    (b"SIMPLE  =", "image/fits"),
    (b"/* XPM */", "image/x-xpixmap"),
    (b"\xd7\xcd\xc6\x9a", "image/wmf"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")


def type_not_stored(head: bytes) -> str | None:
    """Name the type of a picture that no store holds, from its first 1,024 bytes; else None."""
    for magic, mime in _NOT_STORED:
        if head.startswith(magic):
            return mime
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "image/heif"
    text = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<svg") or (text.startswith(b"<?xml") and b"<svg" in text):
        return "image/svg+xml"
    return None


_NOT_WRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class StoreError(Exception):
    """A store that is missing, locked, or cannot be read or written; the text is for people."""


class WriteError(StoreError):
    """A store, or a folder made from one, that cannot be written."""


class Store:
    """A store on disk. Making one touches nothing; `create` does."""

    url = ""  # where its images lie, if not in its folder

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.recipe_path = self.root / "recipe.toml"
        self.ledger_dir = self.root / "ledger"
        self.images_dir = self.root / "images"
        self.evidence_dir = self.root / "evidence"
        self.verdicts_dir = self.root / "verdicts"
        self.report_dir = self.root / "report"
        self.review_dir = self.root / "review"
        self.judges_dir = self.root / "judges"
        self.dataset_dir = self.root / "dataset"
        self.takedowns_path = self.root / "takedowns.jsonl"

    def create(self) -> None:
        """Make the folders that the crawl writes into.

        Raises:
            WriteError: the folders cannot be made.
        """
        try:
            for folder in (self.ledger_dir, self.images_dir, self.evidence_dir):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(f"cannot write the store {self.root}: {error.strerror}") from error

    def ledger_path(self, shard: str = "all") -> Path:
        """The ledger of one shard; "all" where the plan is not cut."""
        return self.ledger_dir / f"{shard}.sqlite"

    def ledger_paths(self) -> list[Path]:
        """Every ledger of the store.

        Raises:
            StoreError: there is none, so this is no store.
        """
        paths = sorted(self.ledger_dir.glob("*.sqlite"))
        if not paths:
            raise StoreError(
                f"{self.root} is no store: it has no ledger/*.sqlite. Crawl into it first "
                f"(scrapy crawl image_search -s STORE={self.root}), or adopt a folder"
            )
        return paths

    def image_path(self, sha256: str, mime: str) -> Path:
        """Where the image with this hash and MIME type lies."""
        return self.images_dir / sha256[:2] / f"{sha256}.{EXTENSIONS[mime]}"

    def written(self, path: Path) -> None:
        """Told of each whole file of verdicts, for stores that keep them elsewhere too."""

    def keep_evidence(self, label: str, content: bytes, suffix: str) -> Path:
        """Write what a server sent aside, under a name made from its content."""
        digest = hashlib.sha256(content).hexdigest()[:16]
        path = self.evidence_dir / f"{label}-{digest}{suffix}"
        path.write_bytes(content)
        return path

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> Iterator[sqlite3.Row]:
        """The rows that `sql` selects in every ledger, one ledger after the other.

        Raises:
            StoreError: there is no ledger, or one cannot be read.
        """
        for path in self.ledger_paths():
            with open_ledger(path) as connection:
                yield from connection.execute(sql, parameters)

    def images(self) -> dict[str, str]:
        """The stored images: sha256 (hex) to MIME type, in the order of the hashes."""
        # Without "distinct", for which SQLite would look up every row by its index.
        sql = "select sha256, type from image where outcome = 'stored'"
        return dict(sorted((row["sha256"], row["type"]) for row in self.rows(sql)))


@contextmanager
def open_ledger(path: Path) -> Iterator[sqlite3.Connection]:
    """A ledger to read from, also where its folder cannot be written.

    Raises:
        StoreError: it cannot be read; SQLite's own error is its cause.
    """
    try:
        with closing(_connect(path)) as connection:
            connection.row_factory = sqlite3.Row
            yield connection
    except sqlite3.DatabaseError as error:
        raise StoreError(f"cannot read the ledger {path}: {error}") from error


def _connect(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True)
    try:
        connection.execute("pragma schema_version")  # the first read makes -wal and -shm
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in _NOT_WRITABLE or _has_wal(path):
            raise
        return sqlite3.connect(f"{uri}&immutable=1", uri=True)
    return connection


def _has_wal(path: Path) -> bool:
    """Say whether rows lie beside the ledger that `immutable` would pass over."""
    wal = path.with_name(f"{path.name}-wal")
    return wal.exists() and wal.stat().st_size > 0
