"""Which image a hash, a file or a URL means."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag

from carscrape.store import Store
from postprocess.usage import UsageError
from postprocess.visible import visible

SHORTEST = 6  # hex digits
_DIGITS = re.compile(r"[0-9a-f]{1,64}")
_MOST_LISTED = 10
_BY_DIGITS = (
    "select distinct sha256 from image where outcome = 'stored' and sha256 >= ? and sha256 < ?"
)
_BY_URL = """
select distinct url, iif(outcome = 'stored', sha256, '') as sha256 from image
where url = ? or hops is not null and ? in (select value from json_each(hops))
"""


@dataclass(frozen=True, slots=True)
class Meant:
    """An image, or URLs of which none was stored."""

    image: str  # sha256; "": none
    urls: tuple[str, ...] = ()


def find(store: Store, named: str) -> Meant:
    """The image that is meant.

    Raises:
        UsageError: none is, or several are.
        StoreError: a ledger cannot be read.
    """
    if "://" in named:
        return _by_url(store, named)
    if Path(named).is_file():
        return _by_file(store, Path(named))
    digits = named.lower()
    if not _DIGITS.fullmatch(digits):
        raise UsageError(
            f"{visible(named)} is no file, no URL and no sha256: name an image by one of these"
        )
    if len(digits) < SHORTEST:
        raise UsageError(f"{named} is too short for a hash: give {SHORTEST} digits or more")
    return Meant(_one(store, named, _with_digits(store, digits)))


def _by_url(store: Store, named: str) -> Meant:
    url = urldefrag(named).url  # as the ledger has it
    rows = list(store.rows(_BY_URL, (url, url)))
    if not rows:
        raise UsageError(f"no result of {store.root} has the image URL {visible(named)}")
    images = sorted({row["sha256"] for row in rows if row["sha256"]})
    if images:
        return Meant(_one(store, named, images))
    return Meant("", tuple(sorted({row["url"] for row in rows})))


def _by_file(store: Store, path: Path) -> Meant:
    """By what the file holds; a changed copy of ours, such as an export, by its name."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    images = _with_digits(store, digest)
    if not images and len(path.stem) == len(digest) and _DIGITS.fullmatch(path.stem):
        images = _with_digits(store, path.stem)
    return Meant(_one(store, str(path), images))


def _with_digits(store: Store, digits: str) -> list[str]:
    rows = store.rows(_BY_DIGITS, (digits, f"{digits}g"))  # g follows f
    return sorted({row["sha256"] for row in rows})


def _one(store: Store, named: str, images: list[str]) -> str:
    if not images:
        raise UsageError(f"no image of {store.root} is {visible(named)}")
    if len(images) > 1:
        more = f" and {len(images) - _MOST_LISTED:,} more" if len(images) > _MOST_LISTED else ""
        listed = ", ".join(images[:_MOST_LISTED])
        raise UsageError(f"{visible(named)} is {len(images):,} images: {listed}{more}")
    return images[0]
