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
from postprocess.verdicts import first_of_each

_RESULTS = """
select page.engine, query.attributes, count(*) as results, sum(place = 1) as urls
from (select page, row_number() over (partition by image order by page, rank) as place from result)
join page on page.id = page
join query on query.id = page.query
group by page.engine, page.query
"""
_RESULT, _URL, _KEPT = "a result", "a URL", "kept"  # what is counted beside the names of stages
_Counts = defaultdict[tuple[str, str], Counter[str]]
_FINDERS = f"select image.sha256, page.engine, query.attributes {WHO_FOUND}"
_TEXT = pa.dictionary(pa.int32(), pa.string())
_FINDERS_SCHEMA = pa.schema([("id", ID), ("engine", _TEXT), ("attributes", _TEXT)])


@dataclass(frozen=True)
class Share:
    """The part of one engine or one label."""

    name: str
    results: int
    urls: int
    stored: int  # distinct images
    kept: int
    lost: dict[str, int] = field(default_factory=dict)  # stage -> images it did not keep


def shares(
    store: Store, lost: Mapping[str, pa.Array]
) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
    """Count the shares of the engines, then of the labels, each sorted by name.

    Args:
        lost: the stages, each with the ids of the images that it did not keep.
    """
    counts: _Counts = defaultdict(Counter)
    for row in store.rows(_RESULTS):
        counts[row["engine"], _label(row["attributes"])].update(
            {_RESULT: row["results"], _URL: row["urls"]}
        )
    for row in _found_first(store, lost).to_pylist():
        finder = row["engine"], _label(row["attributes"])
        counts[finder][row["end"]] += row["count_all"]
    return _by(counts, 0), _by(counts, 1)


def _found_first(store: Store, lost: Mapping[str, pa.Array]) -> pa.Table:
    """For each engine, attributes and end (kept, or a stage), how many images they found first."""
    first = first_of_each(read_columns(store, _FINDERS, _FINDERS_SCHEMA)).combine_chunks()
    end = pa.repeat(_KEPT, first.num_rows)
    for stage, ids in lost.items():
        end = pc.if_else(pc.is_in(first["id"], value_set=ids), stage, end)
    ends = first.append_column("end", end).combine_chunks()
    return ends.group_by(["engine", "attributes", "end"]).aggregate([([], "count_all")])


def _by(counts: _Counts, part: int) -> tuple[Share, ...]:
    summed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for names, counter in counts.items():
        summed[names[part]].update(counter)
    return tuple(_share(name, count) for name, count in sorted(summed.items()))


def _share(name: str, count: Counter[str]) -> Share:
    results, urls, kept = (count.pop(what, 0) for what in (_RESULT, _URL, _KEPT))
    return Share(name, results, urls, kept + count.total(), kept, dict(count))


def _label(attributes: str) -> str:
    return label_of(json.loads(attributes))
