"""Images that one source page shows, as the ledgers say."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from carscrape.store import Store
from postprocess.certificate.check import Check

MOST_IMAGES = 20  # of a page that should lie in one split
SHARE = 100  # a web of pages that joins so small a part of all images is exempt

_SHOWS = """
select distinct result.page_url as page, image.sha256 as id
from result, image
where image.id = result.image and image.outcome = 'stored' and result.page_url <> ''
"""


def check(store: Store, splits: Mapping[str, str], left_out: Sequence[str]) -> Check:
    """Look for small pages whose images lie in two splits.

    Args:
        splits: sha256 (hex) of every exported image -> its split.
        left_out: kept images that are not exported.

    Raises:
        StoreError: a ledger cannot be read.
    """
    kept = splits.keys() | set(left_out)
    shows: dict[str, set[str]] = {}
    for row in store.rows(_SHOWS):
        if row["id"] in kept:
            shows.setdefault(row["page"], set()).add(row["id"])
    small = [ids for ids in shows.values() if 1 < len(ids) <= MOST_IMAGES]
    large = [ids for ids in shows.values() if len(ids) > MOST_IMAGES]
    swallowing = {id_ for web in _webs(small) if len(web) * SHARE >= len(kept) for id_ in web}
    pairs, leaks, exempt = 0, set(), 0
    for ids in small:
        for one, other in combinations(sorted(ids & splits.keys()), 2):
            pairs += 1
            if splits[one] != splits[other]:
                exempt += one in swallowing
                leaks |= set() if one in swallowing else {(one, other)}
    rules = {
        f"pages with more than {MOST_IMAGES} kept images": len(large),
        "pairs in webs of a hundredth of the images or more": exempt,
    }
    return Check("pages", pairs, sorted(leaks), rules)


def _webs(pages: Sequence[set[str]]) -> Iterator[set[str]]:
    """Images that pages link to each other, however many pages lie between."""
    beside: dict[str, list[set[str]]] = {}
    for ids in pages:
        for id_ in ids:
            beside.setdefault(id_, []).append(ids)
    seen: set[str] = set()
    for start in beside:
        web, waiting = set(), deque([start])
        while waiting:
            id_ = waiting.popleft()
            if id_ not in seen:
                seen.add(id_)
                web.add(id_)
                waiting.extend(other for ids in beside[id_] for other in ids)
        if web:
            yield web
