"""Removes images from the datasets that were made of a store."""

from collections.abc import Collection
from pathlib import Path

from carscrape.store import Store, StoreError
from postprocess.dataset import aside, claim, splits
from postprocess.exporters import load_exporter
from postprocess.takedown.removal import remove_files
from postprocess.visible import visible


class NotRenewed(StoreError):  # noqa: N818
    """A dataset that may still hold what was taken down; the text says where."""


def renew(store: Store, folder: Path, format_: str, images: Collection[str]) -> str:
    """Make a dataset anew without these images, of what the store keeps now; returns a line.

    Raises:
        NotRenewed: it cannot be.
    """
    shown = visible(str(folder))
    try:
        aside.sweep(store, folder)
        if not folder.is_dir():
            return f"{shown}, where a dataset was exported to, is gone: tell whoever has it now"
        claim.check(store, folder)
        remove_files(folder, images)
        load_exporter(format_).export(store, folder, _seed(store))
    except (StoreError, OSError) as error:
        raise NotRenewed(
            f"{shown} may still hold what was taken down: delete it, or export it anew ({error})"
        ) from error
    return f"{shown} was made anew"


def _seed(store: Store) -> int:
    """The seed that the store's splits were drawn with."""
    seeds: list[int] = splits.read(store)["seed"].to_pylist()
    return seeds[0] if seeds else 0
