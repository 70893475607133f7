"""The hit counts, as the page shows them."""

import base64
from collections import Counter
from dataclasses import dataclass

from carscrape.store import Store
from postprocess.hits.table import HitsError, HitTable, read_hits
from postprocess.report.missing import Missing


@dataclass(frozen=True)
class WebHits:
    """A table of hit counts."""

    table: HitTable
    labels: dict[str, int]  # label -> subjects, "" where none could be given
    picture: str  # a data: URI


def read_web_hits(store: Store) -> WebHits | Missing:
    """The hit counts and their picture; where nobody asked for any, how to get them.

    Raises:
        StoreError: a ledger cannot be read.
    """
    try:
        table = read_hits(store)
    except HitsError:
        return Missing("Not counted yet", f"scrapy crawl hitcounts -s STORE={store.root}")
    from postprocess.hits.picture import draw  # matplotlib takes a second to load

    labels = Counter(row.label for row in table.rows)
    picture = "data:image/png;base64," + base64.b64encode(draw(table)).decode("ascii")
    return WebHits(table, {term: labels[term] for term in (*table.terms, "")}, picture)
