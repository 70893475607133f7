"""A few images to look at: kept ones per label, and those on either side of every limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carscrape.store import Store
from postprocess.report.chosen import choose_rows, copy_kept
from postprocess.report.evidence import evidence
from postprocess.report.picks import Picks, Row
from postprocess.thumbnails import thumbnails
from postprocess.verdicts import Generation

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
    """An image on the page; everything but the thumbnails was written by strangers."""

    id: str  # sha256, hex
    thumbnail: str  # a data: URI; "" where the picture cannot be drawn
    title: str
    image_url: str
    page_url: str
    engine: str
    query: str
    evidence: str = ""  # what the stage measured
    beside: str = ""  # the thumbnail of the copy that is kept in its place
    beside_url: str = ""  # where that one came from


@dataclass(frozen=True)
class Rejected:
    """Images that a stage rejected for one reason, and those that it just kept."""

    limit: str  # in words; "" where no one number decides
    images: Sequence[Sample]
    kept: Sequence[Sample]
    of: int


@dataclass(frozen=True)
class Samples:
    """The chosen images, and how many each was chosen from."""

    kept: dict[str, list[Sample]]  # label -> images; "" where images have no label yet
    of_label: dict[str, int]  # label -> kept images, for every label
    rejected: dict[tuple[str, str], Rejected]  # stage and reason


def choose(store: Store, generations: Sequence[Generation]) -> Samples:
    """Choose so that the same store shows the same images.

    Raises:
        StoreError: the store cannot be read.
    """
    chosen = choose_rows(store, generations)
    found = _found(store, chosen.ids())
    paths = {id_: store.image_path(id_, str(row["type"])) for id_, row in found.items()}
    drawn = thumbnails(paths)
    return Samples(
        kept={
            label: [_sample(row, found, drawn) for row in rows]
            for label, rows in chosen.by_label.items()
        },
        of_label=chosen.of_label,
        rejected={
            key: Rejected(
                limit=str(picks.limit or ""),
                images=[_sample(row, found, drawn, picks) for row in picks.rejected],
                kept=[_sample(row, found, drawn, picks) for row in picks.kept],
                of=picks.of,
            )
            for key, picks in chosen.picks.items()
        },
    )


def _found(store: Store, ids: set[str]) -> dict[str, Mapping[str, str | None]]:
    """What the ledgers say of each image, by its first finder."""
    rows: dict[str, Mapping[str, str | None]] = {}
    sql = _FOUND.format(places=", ".join("?" * len(ids)))
    for row in store.rows(sql, tuple(sorted(ids))):
        rows.setdefault(row["sha256"], dict(row))
    return rows


def _sample(
    row: Row,
    found: Mapping[str, Mapping[str, str | None]],
    drawn: Mapping[str, str],
    picks: Picks | None = None,
) -> Sample:
    id_, copy = row["id"].hex(), copy_kept(row)
    text = {name: value or "" for name, value in found.get(id_, {}).items()}
    return Sample(
        id=id_,
        thumbnail=drawn.get(id_, ""),
        title=text.get("title", ""),
        image_url=text.get("url", ""),
        page_url=text.get("page_url", ""),
        engine=text.get("engine", ""),
        query=text.get("text", ""),
        evidence=evidence(row, picks.limit) if picks else "",
        beside=drawn.get(copy, ""),
        beside_url=found.get(copy, {}).get("url") or "",
    )
