"""What adopting a folder came to, in words."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Row

from carscrape.items import Outcome
from postprocess.adopt.listing import Listing, url_of
from postprocess.visible import visible


def summary(listing: Listing, ended: Counter[str], known: Mapping[str, Row]) -> list[str]:
    """What was added and what was not, a line each; `known`: rows that were there, by URL."""
    files = [path for paths in listing.files.values() for path in paths]
    there = {path: row for path in files if (row := known.get(url_of(path))) and row["final"]}
    changed = [path for path, row in there.items() if _changed(listing.folder / path, row["bytes"])]
    stored = ended[Outcome.STORED]
    counts = [f"{k} {n:,}" for k, n in ended.most_common() if k != Outcome.STORED]
    folder = visible(str(listing.folder))
    lines = [f"{stored:,} images added from {folder}; labels: {len(listing.files):,}"]
    if there:
        lines.append(f"files there already: {len(there):,}")
    if counts:
        lines.append(f"not stored: {', '.join(counts)}")
    if str(listing):
        lines.append(f"passed over: {visible(str(listing))}")
    if changed:
        lines.append(
            f"changed since they were adopted, not read again: {len(changed):,} (first: "
            f"{visible(str(changed[0]))}); under another name they are added"
        )
    return lines


def _changed(path: Path, size: int | None) -> bool:
    return size is not None and path.stat().st_size != size
