"""What was taken down, so that it never comes back: STORE/takedowns.jsonl, one line per takedown.

A line holds hashes and nothing that names anybody, so the file may be handed on: whoever has a copy
of a dataset deletes the images it lists. Standard library only.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urldefrag, urlsplit

from carscrape.store import Store, StoreError, WriteError

KINDS = ("url", "host", "page", "hash", "like")
AGAIN = "again"  # what was found when earlier takedowns were carried out once more
MARK = "taken-down:"
_PORTS = (None, 80, 443)


@dataclass(frozen=True, slots=True)
class Takedown:
    """One takedown."""

    at: str  # UTC, as in 2026-11-26T05:00:00Z
    by: str  # one of KINDS, or AGAIN
    key: str  # what was named, as `key_of` hashes it
    reason: str
    images: tuple[str, ...]  # sha256 of everything that was removed


class Takedowns:
    """All takedowns of a store, and what they forbid."""

    def __init__(self, entries: Iterable[Takedown] = ()) -> None:
        self.entries = tuple(entries)
        self.images = {image for entry in self.entries for image in entry.images}
        self._keys: defaultdict[str, set[str]] = defaultdict(set)
        for entry in self.entries:
            self._keys[entry.by].add(entry.key)
        self.images |= self._keys["hash"] | self._keys["like"]

    def __bool__(self) -> bool:
        return bool(self.entries)

    def add_urls(self, stand_ins: Iterable[str]) -> None:
        """Forbid also the URLs that these stand for."""
        self._keys["url"].update(name.split(":")[1] for name in stand_ins)

    def forbid_url(self, url: str) -> bool:
        """Whether an image may not be asked at this URL."""
        return key_of("url", url) in self._keys["url"] or self._forbid_host(url)

    def forbid_page(self, url: str) -> bool:
        """Whether nothing may be taken that was found on this page."""
        return key_of("page", url) in self._keys["page"] or self._forbid_host(url)

    def _forbid_host(self, url: str) -> bool:
        hosts = self._keys["host"]
        return bool(hosts) and not hosts.isdisjoint(_keys_of_host(_host(url)))


def key_of(kind: str, named: str) -> str:
    """The hash under which a URL, host, page or image is remembered.

    Spellings that lead to the same place have one: http or https, a fragment, escaped or not.
    """
    if kind in ("hash", "like"):
        return named
    text = named.strip().lower().rstrip(".") if kind == "host" else _plain(named)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def stand_in(url: str) -> str:
    """What stands in the place of a URL; in a ledger, a colon and more may follow."""
    return MARK + key_of("url", url)


def read_takedowns(store: Store) -> Takedowns:
    """The takedowns of a store.

    Raises:
        StoreError: the file is damaged; nothing may be asked or stored then.
    """
    path = store.takedowns_path
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return Takedowns()
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path}: {error}; restore it") from error
    return Takedowns(_entry(path, number, line) for number, line in enumerate(lines, 1))


def add_takedown(store: Store, entry: Takedown) -> None:
    """Write one more line, on the disk before this returns; the caller holds every ledger's lock.

    Raises:
        WriteError: it cannot be written; the file is as it was.
    """
    path = store.takedowns_path
    aside = path.with_name(f".{path.name}.part")
    try:
        before = path.read_bytes() if path.exists() else b""
        with aside.open("wb") as file:
            file.write(before + json.dumps(asdict(entry)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from error


def _entry(path: Path, number: int, line: str) -> Takedown:
    try:
        read = json.loads(line)
        return Takedown(**{**read, "images": tuple(map(str, read["images"]))})
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path}, line {number} is no takedown: restore the file") from error


def _plain(url: str) -> str:
    url = urldefrag(url.strip()).url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if parts.scheme not in ("http", "https"):
        return url
    place = host.rstrip(".") if port in _PORTS else f"{host}:{port}"
    return f"{place}{_escaped(parts.path or '/')}?{_escaped(parts.query)}"


def _escaped(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="/=&+")


def _host(url: str) -> str:
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""


@lru_cache(4096)
def _keys_of_host(host: str) -> frozenset[str]:
    """The keys of a host and of every domain that it belongs to."""
    return frozenset(key_of("host", name) for name in _domains(host))


def _domains(host: str) -> Iterator[str]:
    while host:
        yield host
        host = host.partition(".")[2]
