"""The images that the page shows, as rows of verdicts."""

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store
from postprocess.labels import LABEL_STAGE
from postprocess.report.picks import Picks, Row, by_lot, pick
from postprocess.verdicts import Generation, Verdicts, image_ids

LABELS = 12
PER_LABEL = 4
SEED = "report"
_NEVER_SHOWN = "taken_down"  # a stage: somebody asked to remove what its images look like

_Key = tuple[str, str]  # stage and reason


@dataclass
class Chosen:
    """Rows of verdicts that are to be shown, and how many each was chosen from."""

    by_label: dict[str, list[Row]] = field(default_factory=dict)
    of_label: dict[str, int] = field(default_factory=dict)
    picks: dict[_Key, Picks] = field(default_factory=dict)

    def ids(self) -> set[str]:
        """The images in hex, with the copies kept in the place of some."""
        lists = [*self.by_label.values(), *(picks.rejected for picks in self.picks.values())]
        rows = [row for rows in [*lists, *(p.kept for p in self.picks.values())] for row in rows]
        return {row["id"].hex() for row in rows} | {copy_kept(row) for row in rows} - {""}


def copy_kept(row: Row) -> str:
    """The copy that is kept in the place of an image, in hex; "" for none."""
    group: bytes | None = row.get("group")
    return "" if group is None or group == row["id"] else group.hex()


def choose_rows(store: Store, generations: Sequence[Generation]) -> Chosen:
    """Choose so that the same store shows the same images.

    Raises:
        StoreError: the store cannot be read.
    """
    chosen = Chosen()
    ids = image_ids(store)
    colours, labelled, left = None, None, ids
    for step, picks in pick(Verdicts(store), generations, ids):
        left = step.kept
        if "seen" in step.rows.column_names:
            colours = step.rows.select(["id", "seen"])
        if step.stage == LABEL_STAGE:
            labelled = step.rows.select(["id", "label"])
        for reason, images in picks.items() if step.stage != _NEVER_SHOWN else ():
            chosen.picks[step.stage, reason] = _with_colours(images, colours)
    _choose_kept(chosen, left, labelled)
    return chosen


def _with_colours(picks: Picks, colours: pa.Table | None) -> Picks:
    """The same with the colour that was seen in each rejected image, where one was looked for."""
    if colours is None:
        return picks
    ids = pa.array([row["id"] for row in picks.rejected], pa.binary(32))
    few = colours.filter(pc.is_in(colours["id"], value_set=ids)).to_pylist()
    seen = {row["id"]: row["seen"] for row in few}
    return replace(picks, rejected=[{**row, "seen": seen.get(row["id"])} for row in picks.rejected])


def _choose_kept(chosen: Chosen, left: pa.Array, labelled: pa.Table | None) -> None:
    """A few images of a few labels; of all that is left where nothing has a label."""
    if labelled is None:
        labelled = pa.table({"id": left, "label": [""] * len(left)})
    kept = labelled.filter(pc.is_in(labelled["id"], value_set=left))
    counts = kept["label"].value_counts().to_pylist()
    chosen.of_label = {row["values"]: row["counts"] for row in counts}
    for label in sorted(_few(chosen.of_label, LABELS)):
        images = by_lot(kept.filter(pc.equal(kept["label"], label)))
        chosen.by_label[label] = images.slice(0, PER_LABEL).to_pylist()


def _few(names: Iterable[str], number: int) -> list[str]:
    return heapq.nsmallest(
        number, names, key=lambda name: hashlib.sha256(f"{SEED} {name}".encode()).digest()
    )
