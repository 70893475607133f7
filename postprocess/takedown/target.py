"""What somebody asks to remove."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from carscrape.ledger.takedowns import key_of
from carscrape.store import Store
from postprocess.look_alikes import signature_of
from postprocess.usage import UsageError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_HOST = re.compile(r"[\w.:-]+")


@dataclass(frozen=True)
class Target:
    """A target, checked."""

    by: str  # one of `carscrape.ledger.takedowns.KINDS`
    named: str  # a URL, a host, or the sha256 of an image
    signature: dict[str, Any] | None = None  # of what look-alikes resemble

    @property
    def key(self) -> str:
        """The hash under which it is remembered."""
        return key_of(self.by, self.named)

    @property
    def image(self) -> str:
        """The sha256 of the image it names; "" if it names none."""
        return self.named if self.by in ("hash", "like") else ""


def read_target(store: Store, by: str, given: str) -> Target:
    """Check what was given on the command line.

    Raises:
        UsageError: it is no URL, host, hash or file.
        StoreError: it is a file, but no picture.
    """
    if by == "like":
        path = _picture(store, given)
        return Target(by, hashlib.sha256(path.read_bytes()).hexdigest(), signature_of(path))
    if by == "hash" and not _SHA256.fullmatch(given.lower()):
        raise UsageError(f"{given!r} is no sha256: 64 digits, 0-9 and a-f")
    if by == "host" and not _HOST.fullmatch(given):
        raise UsageError(f"{given!r} is no host: write it without http:// and path")
    if by in ("url", "page") and not urlsplit(given).scheme:
        raise UsageError(f"{given!r} is no URL: write it whole, with http:// or https://")
    return Target(by, given.lower() if by == "hash" else given)


def _picture(store: Store, given: str) -> Path:
    """The file that was named, or the one of the image that was."""
    path = Path(given)
    if path.is_file():
        return path
    name = given.lower()
    if _SHA256.fullmatch(name):
        for path in store.images_dir.glob(f"{name[:2]}/{name}.*"):
            return path
    raise UsageError(f"{given!r} is neither a file nor the sha256 of an image of the store")
