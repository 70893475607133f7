"""Removes what somebody asked to remove, everywhere, and sees to it that it does not come back.

What is removed is written down first, as hashes, in STORE/takedowns.jsonl, and the ledgers, which
know what belongs together, are changed after everything else. So a takedown that was killed goes on
when it is done again, and one that is complete finds nothing to do.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import DatabaseError

from carscrape.ledger import Ledger
from carscrape.ledger.takedowns import AGAIN, Takedown, Takedowns, add_takedown, read_takedowns
from carscrape.store import Store, StoreError, WriteError
from postprocess.dataset import register
from postprocess.look_alikes import (
    read_signatures,
    signatures_path,
    with_signature,
    write_signatures,
)
from postprocess.takedown import removal
from postprocess.takedown.found import find, look_alikes
from postprocess.takedown.learnt import learnt_from
from postprocess.takedown.renewal import NotRenewed, renew
from postprocess.takedown.target import Target
from postprocess.visible import visible


@dataclass
class Told:
    """What was done or would be, a line each, and what is left for a person to do."""

    lines: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def preview(store: Store, target: Target | None) -> Told:
    """What a takedown would remove; nothing is written.

    Raises:
        StoreError: the store cannot be read.
    """
    plan = _Plan(store, target, "")
    rows = sum(number for _, number in removal.parts_with(store, plan.images))
    files = sum(1 for _ in removal.files_of(store.images_dir, plan.images))
    return Told(
        [
            f"{plan.what()} would be taken down, {files:,} files and {rows:,} rows of verdicts",
            *(f"{sha or 'not stored':64}  {visible(url)}" for url, sha in plan.listed()),
            *(f"dataset to be made anew: {visible(str(path))}" for path in register.read(store)),
        ]
    )


def take_down(store: Store, target: Target | None, reason: str) -> Told:
    """Remove what a target names; without one, what earlier takedowns named and is there again.

    Raises:
        StoreError: a crawl writes the store, or it cannot be read.
        WriteError: it cannot be written; done again, it goes on.
    """
    try:
        with _all_ledgers(store) as ledgers:
            plan = _Plan(store, target, reason)
            plan.write_down()
            if store.ledger_paths() != list(ledgers):
                raise StoreError(
                    f"a crawl began to write {store.root}: run it again when that ends"
                )
            told = Told([f"{plan.what()} taken down; removed: {plan.carry_out(ledgers)}"])
        told.lines += plan.entry.images
        if target and not plan.listed():
            told.lines.append(f"nothing of {store.root} matches; from now on it is refused")
        _renew_all(store, plan.images, told)
        told.left += learnt_from(store, plan.images)
    except (OSError, DatabaseError) as error:
        raise WriteError(f"cannot write the store {store.root}: {error}; try again") from error
    return told


@contextmanager
def _all_ledgers(store: Store) -> Iterator[dict[Path, Ledger]]:
    """Every ledger, so that no crawl writes any."""
    with ExitStack() as stack:
        yield {path: stack.enter_context(closing(Ledger(path))) for path in store.ledger_paths()}


def _renew_all(store: Store, images: set[str], told: Told) -> None:
    for folder, format_ in register.read(store).items():
        try:
            told.lines.append(renew(store, folder, format_, images))
        except NotRenewed as error:
            told.left.append(str(error))


class _Plan:
    """What is to be removed."""

    def __init__(self, store: Store, target: Target | None, reason: str) -> None:
        self._store, self._target = store, target
        earlier = read_takedowns(store)
        by, key = (target.by, target.key) if target else (AGAIN, "")
        named = Takedowns([*earlier.entries, Takedown("", by, key, "", ())])
        self._signatures = read_signatures(signatures_path(store))
        if target and target.signature:
            self._signatures = with_signature(self._signatures, target.named, target.signature)
        self._found = find(store, named, look_alikes(store, self._signatures))
        self.images = named.images | self._found.images
        new = tuple(sorted(self.images - earlier.images))
        self.entry = Takedown(_now(), by, key, reason, new)
        known = {(entry.by, entry.key) for entry in earlier.entries}
        self._is_new = bool(new) or bool(target and (by, key) not in known)

    def what(self) -> str:
        """How many images and addresses, in words."""
        return f"{len(self._found.images):,} images, {len(self._found.urls):,} URLs"

    def listed(self) -> list[tuple[str, str]]:
        """The URLs, each with the image (sha256) that is stored of it, or ""."""
        return sorted(self._found.urls.items())

    def write_down(self) -> None:
        """Make it so that nothing of this comes back, whatever happens now."""
        if self._target and self._target.signature:
            write_signatures(signatures_path(self._store), self._signatures)
        if self._is_new:
            add_takedown(self._store, self.entry)

    def carry_out(self, ledgers: dict[Path, Ledger]) -> str:
        """Remove everything but the datasets; returns what, in words."""
        store = self._store
        removed = {
            "kept pages": removal.remove_evidence(store, self._names()),
            "files": removal.remove_files(store.images_dir, self.images),
            "rows of verdicts": removal.remove_verdicts(store, self.images),
            "pages of the report": removal.remove_pages(store),
            "old copies of ledgers": removal.remove_copies(store),
        }
        for path, ledger in ledgers.items():  # last: they know what belongs together
            ledger.images.take_down(self._found.rows[path])
            ledger.scrub()
        said = [f"{number:,} {what}" for what, number in removed.items() if number]
        return ", ".join(said) or "nothing"

    def _names(self) -> set[str]:
        """What kept pages may call it; for a host, its name is part of all its URLs."""
        if self._target and self._target.by == "host":
            return {self._target.named}
        own = {self._target.named} if self._target and not self._target.image else set()
        return {*own, *self._found.urls, *self._found.pages}


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
