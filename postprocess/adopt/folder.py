"""The source that is a folder of pictures, each labelled with its sub-folder's name."""

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Row

from carscrape.items import ImageResult, Outcome, PageVerdict, Result
from carscrape.ledger import Ledger
from carscrape.recipe import Query
from carscrape.store import Store
from postprocess.adopt.ledgers import ENGINE
from postprocess.adopt.listing import Listing, path_of, url_of
from postprocess.adopt.picture import take
from postprocess.adopt.summary import summary
from postprocess.progress import bar

_BATCH = 64  # images whose ends are written together
_ADOPTED = "from image where url like 'adopt:///%'"


def adopt_pictures(listing: Listing, store: Store, ledger: Ledger) -> list[str]:
    """Copy the listed pictures; done again, it goes on and adds what is new.

    Returns:
        A summary for people, a line each.
    """
    known = {row["url"]: row for row in ledger.tally(f"select url, final, bytes {_ADOPTED}")}
    _write_results(ledger, _new(listing, ledger, known))
    return summary(listing, _copy_all(ledger, listing.folder, store), known)


def query_of(label: str) -> Query:
    """The query that stands for a label."""
    return Query(hashlib.sha256(label.encode()).hexdigest()[:16], label, {"label": label})


def _new(listing: Listing, ledger: Ledger, known: Mapping[str, Row]) -> dict[str, list[Path]]:
    """The files by label that the ledger has no row for."""

    def is_new(path: Path) -> bool:
        url = url_of(path)
        return url not in known and ledger.images.stands_for(url) is None

    files = {
        label: [path for path in paths if is_new(path)] for label, paths in listing.files.items()
    }
    return {label: paths for label, paths in files.items() if paths}


def _write_results(ledger: Ledger, new: dict[str, list[Path]]) -> None:
    """One query per label, and one page of results per label and run."""
    asked = {query.id: query for query in map(query_of, new)}
    ledger.pages.plan(asked.values(), [ENGINE])
    for id_ in asked:
        ledger.pages.extend(id_, ENGINE)
    for page in ledger.pages.due(ENGINE, time.time(), sys.maxsize):
        query = asked.get(page["query"])
        results = [_result(path) for path in new[query.text]] if query else []
        if results:
            ledger.pages.finish(page, PageVerdict.RESULTS, results, most=sys.maxsize)


def _result(path: Path) -> Result:
    return Result(url_of(path), title=path.name.encode("utf-8", "replace").decode())


def _copy_all(ledger: Ledger, folder: Path, store: Store) -> Counter[str]:
    """End every image that has not ended, also those of a run that was stopped; outcome -> n."""
    rows = ledger.tally(f"select id, url, host, tries {_ADOPTED} and final = 0 order by id")
    ended: Counter[str] = Counter()
    with bar(ENGINE, len(rows)) as advance:
        for start in range(0, len(rows), _BATCH):
            batch = [
                _copy(folder, store, ledger, ImageResult(*row))
                for row in rows[start : start + _BATCH]
            ]
            ledger.images.finish([(item, 0.0) for item in batch])
            ended.update(str(item.outcome) for item in batch)
            advance(len(batch))
    return ended


def _copy(folder: Path, store: Store, ledger: Ledger, item: ImageResult) -> ImageResult:
    try:
        with (folder / path_of(item.url)).open("rb") as file:
            take(item, file, store, ledger.takedowns)
    except OSError as error:
        item.fetched_at = time.time()
        item.outcome, item.detail = Outcome.GONE, error.strerror or "cannot be read"
    return item
