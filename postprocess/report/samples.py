"""A few images to look at: kept ones per label, and rejected ones per stage and reason."""

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from carscrape.store import Store
from postprocess.labels import LABEL_STAGE, kept_images
from postprocess.thumbnails import thumbnails
from postprocess.verdicts import Verdicts, image_ids

LABELS = 12
PER_LABEL = 4
PER_REASON = 6
SEED = "report"
_NEVER_SHOWN = "taken_down"  # a stage: somebody asked to remove what its images look like

_FOUND = """
select image.sha256, image.type, image.url, page.engine, query.text, result.page_url, result.title
from image
left join result on result.image = image.id
left join page on page.id = result.page
left join query on query.id = page.query
where image.outcome = 'stored' and image.sha256 in ({places})
order by image.sha256, page.id, result.rank
"""


@dataclass(frozen=True)
class Sample:
    """An image on the page; everything but the thumbnail was written by strangers."""

    id: str  # sha256, hex
    thumbnail: str  # a data: URI; "" where the picture cannot be drawn
    title: str
    image_url: str
    page_url: str
    engine: str
    query: str


@dataclass(frozen=True)
class Samples:
    """The chosen images, and how many each was chosen from."""

    kept: dict[str, list[Sample]]  # label -> images; "" where images have no label yet
    of_label: dict[str, int]  # label -> kept images, for every label
    rejected: dict[tuple[str, str], list[Sample]]  # stage and reason -> images


def choose(store: Store) -> Samples:
    """Choose by a hash of a seed and the name, so that the same store shows the same images.

    Raises:
        StoreError: the store cannot be read.
    """
    by_label = _kept(store)
    kept = {label: _few(by_label[label], PER_LABEL) for label in sorted(_few(by_label, LABELS))}
    rejected = {key: _few(ids, PER_REASON) for key, ids in _rejected(store).items()}
    shown = _samples(store, {id_ for ids in [*kept.values(), *rejected.values()] for id_ in ids})
    return Samples(
        kept={label: [shown[id_] for id_ in ids] for label, ids in kept.items()},
        of_label={label: len(ids) for label, ids in by_label.items()},
        rejected={key: [shown[id_] for id_ in ids] for key, ids in rejected.items()},
    )


def _few(names: Iterable[str], number: int) -> list[str]:
    return heapq.nsmallest(
        number, names, key=lambda name: hashlib.sha256(f"{SEED} {name}".encode()).digest()
    )


def _kept(store: Store) -> dict[str, list[str]]:
    """The ids of kept images per label, or of all that are left where nothing is labelled."""
    verdicts = Verdicts(store)
    generations = verdicts.current()
    if any(g.stage == LABEL_STAGE and not g.skipped for g in generations):
        table = kept_images(store).select(["id", "label"])
    else:
        ids = verdicts.kept(image_ids(store), generations)
        table = pa.table({"id": ids, "label": pa.array([""] * len(ids), pa.string())})
    by_label: dict[str, list[str]] = defaultdict(list)
    for id_, label in zip(table["id"].to_pylist(), table["label"].to_pylist(), strict=True):
        by_label[label].append(id_.hex())
    return by_label


def _rejected(store: Store) -> dict[tuple[str, str], list[str]]:
    """The ids of the images that each stage rejected, per reason."""
    verdicts = Verdicts(store)
    rejected: dict[tuple[str, str], list[str]] = defaultdict(list)
    for step in verdicts.walk(image_ids(store), verdicts.current()):
        for row in step.rejected.to_pylist() if step.stage != _NEVER_SHOWN else ():
            rejected[step.stage, row["reason"]].append(row["id"].hex())
    return rejected


def _samples(store: Store, ids: set[str]) -> dict[str, Sample]:
    rows: dict[str, Mapping[str, str | None]] = {}
    sql = _FOUND.format(places=", ".join("?" * len(ids)))
    for row in store.rows(sql, tuple(sorted(ids))):
        rows.setdefault(row["sha256"], dict(row))
    drawn = thumbnails({id_: store.image_path(id_, str(rows[id_]["type"])) for id_ in rows})
    return {id_: _sample(row, drawn.get(id_, "")) for id_, row in rows.items()}


def _sample(row: Mapping[str, str | None], thumbnail: str) -> Sample:
    text = {name: value or "" for name, value in row.items()}
    return Sample(
        id=text["sha256"],
        thumbnail=thumbnail,
        title=text["title"],
        image_url=text["url"],
        page_url=text["page_url"],
        engine=text["engine"],
        query=text["text"],
    )
