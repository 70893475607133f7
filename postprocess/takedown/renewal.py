"""Removes images from the datasets that were made of a store."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from carscrape.store import Store, StoreError
from postprocess.dataset import claim
from postprocess.exporting import make_dataset
from postprocess.takedown.removal import remove_files
from postprocess.visible import visible


class NotRenewed(StoreError):  # noqa: N818
    """A dataset that may still hold what was taken down; the text says where."""


def renew(store: Store, folder: Path, how: dict[str, Any], images: Collection[str]) -> str:
    """Make a dataset anew without these images, in the way it was made; returns a line.

    Raises:
        NotRenewed: it cannot be.
    """
    shown = visible(str(folder))
    if not folder.is_dir():
        return f"{shown}, where a dataset was exported to, is gone: tell whoever has it now"
    try:
        claim.check(store, folder)
        remove_files(folder, images)
        done = make_dataset(store, how["format"], folder, how["seed"])
    except (StoreError, OSError, KeyError) as error:
        raise NotRenewed(
            f"{shown} may still hold what was taken down: delete it, or export it anew ({error})"
        ) from error
    return f"{shown} was made anew: {done.images:,} images"
