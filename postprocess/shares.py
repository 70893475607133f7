"""What each engine and each label contributed to the funnel.

A URL and an image count once, for the query and engine that found it first. Shards are crawled
apart, so a URL that two of them found was asked twice and counts twice; its image counts once.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from carscrape.store import Store
from postprocess.labels import WHO_FOUND, label_of

_RESULTS = """
select page.engine, query.attributes, count(*) as results, sum(place = 1) as urls
from (select page, row_number() over (partition by image order by page, rank) as place from result)
join page on page.id = page
join query on query.id = page.query
group by page.engine, page.query
"""
_FINDERS = f"select image.sha256, page.engine, query.attributes {WHO_FOUND}"


@dataclass(frozen=True)
class Share:
    """The part of one engine or one label."""

    name: str
    results: int
    urls: int
    stored: int  # distinct images
    kept: int


def shares(store: Store, kept: Collection[str]) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
    """Count the shares of the engines, then of the labels, each sorted by name.

    Args:
        kept: the ids (hex) of the images that are left.
    """
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in store.rows(_RESULTS):
        counts[row["engine"], _label(row["attributes"])].update(
            results=row["results"], urls=row["urls"]
        )
    for id_, finder in _finders(store).items():
        counts[finder].update(stored=1, kept=id_ in kept)
    return _by(counts, 0), _by(counts, 1)


def _finders(store: Store) -> dict[str, tuple[str, str]]:
    """The engine and label that found each stored image first."""
    finders: dict[str, tuple[str, str]] = {}
    for row in store.rows(_FINDERS):
        if row["sha256"] not in finders:
            finders[row["sha256"]] = row["engine"], _label(row["attributes"])
    return finders


def _by(counts: dict[tuple[str, str], Counter[str]], part: int) -> tuple[Share, ...]:
    summed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for names, counter in counts.items():
        summed[names[part]].update(counter)
    return tuple(
        Share(name, count["results"], count["urls"], count["stored"], count["kept"])
        for name, count in sorted(summed.items())
    )


def _label(attributes: str) -> str:
    return label_of(json.loads(attributes))
