"""Who found each image and under which query, and the labelled images that are left."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store, StoreError
from postprocess.verdicts import Verdicts, image_ids

LABEL_STAGE = "label"

WHO_FOUND = """
from image
join result on result.image = image.id
join page on page.id = result.page
join query on query.id = page.query
where image.outcome = 'stored'
order by page.id, result.rank
"""
"""The end of a select over the results that led to stored images, the first finder first."""

_SOURCES = f"""
select image.sha256, page.engine, query.id, query.text, query.attributes, result.rank,
       result.page_url, result.title, image.url, result.licence
{WHO_FOUND}"""


@dataclass(frozen=True, slots=True)
class Source:
    """One place of one result page where an image was found."""

    engine: str
    query: str  # its id
    query_text: str
    attributes: dict[str, str]
    rank: int  # place on the result page, from 0
    page_url: str  # the page that shows the image
    title: str
    image_url: str
    licence: str  # "" where the engine names none


def sources(store: Store) -> dict[str, list[Source]]:
    """Every place where each stored image was found: sha256 (hex) -> sources.

    Sources stand in the order of ledger, page and rank, so the first one found the image.

    Raises:
        StoreError: a ledger is missing or cannot be read.
    """
    found: dict[str, list[Source]] = {}
    for image, source in each_source(store):
        found.setdefault(image, []).append(source)
    return found


def each_source(store: Store) -> Iterator[tuple[str, Source]]:
    """The same one after the other: sha256 (hex) and source."""
    attributes: dict[str, dict[str, str]] = {}  # one dictionary per query, not one per source
    for row in store.rows(_SOURCES):
        if row["id"] not in attributes:
            attributes[row["id"]] = json.loads(row["attributes"])
        yield (
            row["sha256"],
            Source(
                engine=row["engine"],
                query=row["id"],
                query_text=row["text"],
                attributes=attributes[row["id"]],
                rank=row["rank"],
                page_url=row["page_url"] or "",
                title=row["title"] or "",
                image_url=row["url"],
                licence=row["licence"] or "",
            ),
        )


def label_of(attributes: dict[str, str]) -> str:
    """The label that attributes make: their values, "red ford mustang"."""
    return " ".join(attributes.values())


def kept_images(store: Store) -> pa.Table:
    """The images that every stage that ran has kept, sorted by id.

    Returns:
        `id` and columns of the label stage: label, attributes, votes, confidence.

    Raises:
        StoreError: the label stage has not run, so no image has a label.
    """
    verdicts = Verdicts(store)
    current = verdicts.current()
    labelled = [g for g in current if g.stage == LABEL_STAGE and not g.skipped]
    if not labelled:
        raise StoreError(
            f"{store.root} has no labels yet: run all stages first (python -m postprocess run "
            f"{store.root})"
        )
    columns = ["id", "label", "attributes", "votes", "confidence"]
    rows = verdicts.read(LABEL_STAGE, labelled[0].key, columns)
    kept = verdicts.kept(image_ids(store), current)
    rows = rows.filter(pc.is_in(rows["id"], value_set=kept))
    return rows.take(pc.sort_indices(rows["id"]))
