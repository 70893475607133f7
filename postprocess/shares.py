"""What each engine and each label contributed to the funnel.

A URL and an image count once, for the query and engine that found it first. Shards are crawled
apart, so a URL that two of them found was asked twice and counts twice; its image counts once.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from carscrape.store import Store
from postprocess.labels import WHO_FOUND, label_of
from postprocess.ledger_columns import ID, read_columns
from postprocess.parts import first_of_each

_RESULTS = """
select page.engine, query.attributes, count(*) as results, sum(place = 1) as urls
from (select page, row_number() over (partition by image order by page, rank) as place from result)
join page on page.id = page
join query on query.id = page.query
group by page.engine, page.query
"""
Loss = tuple[str, str]  # a stage, and the reason for which it did not keep an image
_RESULT, _URL, _KEPT = ("", "a result"), ("", "a URL"), ("", "kept")  # counted beside losses
_Counts = Counter[Loss]
_FINDERS = f"select image.sha256, page.engine, query.attributes {WHO_FOUND}"
_TEXT = pa.dictionary(pa.int32(), pa.string())
LOST = pa.schema([("id", ID), ("stage", _TEXT), ("reason", _TEXT)])
"""The images that are not left, each with the stage that did not keep it and its reason."""
_FINDERS_SCHEMA = pa.schema([("id", ID), ("engine", _TEXT), ("attributes", _TEXT)])


@dataclass(frozen=True)
class Share:
    """The part of one engine or one label."""

    name: str
    results: int
    urls: int
    stored: int  # distinct images
    kept: int
    lost: dict[str, dict[str, int]] = field(default_factory=dict)  # stage -> reason -> images


def shares(store: Store, lost: pa.Table) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
    """Count the shares of the engines, then of the labels, each sorted by name.

    Args:
        lost: the images that are not left, with `LOST`.
    """
    counts: defaultdict[tuple[str, str], _Counts] = defaultdict(Counter)
    for row in store.rows(_RESULTS):
        finder = row["engine"], _label(row["attributes"])
        counts[finder].update({_RESULT: row["results"], _URL: row["urls"]})
    for row in _found_first(store, lost).to_pylist():
        finder = row["engine"], _label(row["attributes"])
        end = _KEPT if row["stage"] is None else (row["stage"], row["reason"])
        counts[finder][end] += row["count_all"]
    return _by(counts, 0), _by(counts, 1)


def _found_first(store: Store, lost: pa.Table) -> pa.Table:
    """How many images each engine and attributes found first, by how they ended (null: kept)."""
    first = first_of_each(read_columns(store, _FINDERS, _FINDERS_SCHEMA)).combine_chunks()
    place = pc.index_in(first["id"], value_set=lost["id"].combine_chunks())
    for name in ("stage", "reason"):
        first = first.append_column(name, lost[name].take(place))
    ends = first.combine_chunks().group_by(["engine", "attributes", "stage", "reason"])
    return ends.aggregate([([], "count_all")])


def _by(counts: Mapping[tuple[str, str], _Counts], part: int) -> tuple[Share, ...]:
    summed: defaultdict[str, _Counts] = defaultdict(Counter)
    for names, counter in counts.items():
        summed[names[part]].update(counter)
    return tuple(_share(name, count) for name, count in sorted(summed.items()))


def _share(name: str, count: _Counts) -> Share:
    results, urls, kept = (count.pop(what, 0) for what in (_RESULT, _URL, _KEPT))
    lost: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for (stage, reason), images in sorted(count.items()):
        lost[stage][reason] = images
    return Share(name, results, urls, kept + count.total(), kept, dict(lost))


def _label(attributes: str) -> str:
    return label_of(json.loads(attributes))
