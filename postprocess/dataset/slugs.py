"""Folder names for labels that hold on every file system."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 60  # characters, the hash aside: paths stay far below 260
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{device}{n}" for device in ("com", "lpt") for n in range(10)}
)


def slugs(labels: Iterable[str]) -> dict[str, str]:
    """A name for each label, of a-z, 0-9 and _, no two alike.

    A name that two labels would share, that Windows reserves, or that had to be cut or invented
    gets "-" and the first 8 hex digits of the label's sha256.
    """
    plain = {label: _plain(label) for label in labels}
    shared = Counter(plain.values())
    return {
        label: name if shared[name] == 1 and _sound(name) else f"{name[:LONGEST]}-{_digest(label)}"
        for label, name in plain.items()
    }


def _plain(label: str) -> str:
    """The label without accents and case; what is not ASCII then is dropped."""
    ascii_only = unicodedata.normalize("NFKD", label.casefold()).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "_", ascii_only.decode().lower()).strip("_")


def _sound(name: str) -> bool:
    return 0 < len(name) <= LONGEST and name not in _RESERVED


def _digest(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:8]
