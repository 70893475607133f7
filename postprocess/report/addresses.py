"""Addresses that gave no image: a few for each outcome, which have no picture to look at."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from carscrape.items import Outcome
from carscrape.store import Store

PER_OUTCOME = 3

_LOST = """
select outcome, url, detail
from (select outcome, url, detail, row_number() over (partition by outcome order by lot) as place
      from (select *, id * 2654435761 % 4294967291 as lot from image where outcome != ?))
where place <= ? order by outcome, place
"""


class Address(NamedTuple):
    """An image URL, and what was noted when it gave no image; strangers wrote both."""

    url: str
    detail: str


def lost_addresses(store: Store) -> Mapping[str, Sequence[Address]]:
    """Outcome -> `PER_OUTCOME` addresses at most, drawn by lot and always the same.

    Raises:
        StoreError: a ledger cannot be read.
    """
    found: defaultdict[str, list[Address]] = defaultdict(list)
    for row in store.rows(_LOST, (Outcome.STORED, PER_OUTCOME)):
        if len(found[row["outcome"]]) < PER_OUTCOME:
            found[row["outcome"]].append(Address(row["url"], row["detail"]))
    return found
