"""Where everything of a store lies, and its rows read back.

    STORE/
      recipe.toml                    the recipe this store was made from (and the tables it names)
      ledger/<shard>.sqlite          written by the crawl only, one writer each
      images/ab/<sha256>.<ext>       the bytes as served, named by their hash
      evidence/                      pages of unknown layout, block pages, first bytes of non-images
      verdicts/<stage>/<key>/        written by postprocess only
      report/  dataset/

Standard library only.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
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


class StoreError(Exception):
    """A store that is missing, locked, or cannot be read or written; the text is for people."""


class Store:
    """A store on disk. Making one touches nothing; `create` does."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.recipe_path = self.root / "recipe.toml"
        self.ledger_dir = self.root / "ledger"
        self.images_dir = self.root / "images"
        self.evidence_dir = self.root / "evidence"
        self.verdicts_dir = self.root / "verdicts"
        self.report_dir = self.root / "report"
        self.dataset_dir = self.root / "dataset"

    def create(self) -> None:
        """Make the folders that the crawl writes into.

        Raises:
            StoreError: the folders cannot be made.
        """
        try:
            for folder in (self.ledger_dir, self.images_dir, self.evidence_dir):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot write the store {self.root}: {error.strerror}") from error

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
            try:
                with closing(
                    sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
                ) as connection:
                    connection.row_factory = sqlite3.Row
                    yield from connection.execute(sql, parameters)
            except sqlite3.DatabaseError as error:
                raise StoreError(f"cannot read the ledger {path}: {error}") from error

    def images(self) -> dict[str, str]:
        """The stored images: sha256 (hex) to MIME type, in the order of the hashes."""
        sql = "select distinct sha256, type from image where outcome = 'stored'"
        return dict(sorted((row["sha256"], row["type"]) for row in self.rows(sql)))
