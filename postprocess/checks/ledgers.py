"""The ledgers: whole files, rows that belong together, words of the closed lists."""

import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from carscrape.items import Outcome, PageVerdict
from carscrape.ledger.schema import SCHEMA_VERSION, damage, is_damage
from carscrape.store import EXTENSIONS, Store, StoreError, open_ledger


@dataclass(frozen=True, slots=True)
class Check:
    """Rows that must not be there; `words` is the closed list that the query calls `?`."""

    sql: str
    text: str  # what is wrong, with the columns in braces
    words: tuple[str, ...] = ()


_CHECKS = (
    Check(
        "select id, url, outcome from image where outcome not in (select value from json_each(?))",
        "image {id} ({url!r}) has the unknown outcome {outcome!r}",
        tuple(Outcome),
    ),
    Check(
        "select id, url from image where outcome = 'stored' and (bytes is null "
        "or sha256 is null or length(sha256) <> 64 or sha256 glob '*[^0-9a-f]*' "
        "or type is null or type not in (select value from json_each(?)))",
        "image {id} ({url!r}) is stored, but its hash, type or size is missing or wrong",
        tuple(EXTENSIONS),
    ),
    Check(
        "select id, url from image where final and outcome is null",
        "image {id} ({url!r}) has ended, but without an outcome",
    ),
    Check(
        "select id, url from image where id not in (select image from result)",
        "image {id} ({url!r}) belongs to no result",
    ),
    Check(
        "select page, rank, image from result where image not in (select id from image)",
        "result {rank} of page {page} names image {image}, which is not there",
    ),
    Check(
        "select distinct page from result where page not in (select id from page)",
        "page {page} has results, but is not there",
    ),
    Check(
        "select id, query from page where query not in (select id from query)",
        "page {id} answers query {query!r}, which is not there",
    ),
    Check(
        "select page.id, coalesce(found, 0) as found, count(result.page) as there from page "
        "left join result on result.page = page.id group by page.id "
        "having coalesce(found, 0) <> count(result.page)",
        "page {id} found {found} results, but {there} are there",
    ),
    Check(
        "select id, verdict from page where verdict not in (select value from json_each(?))",
        "page {id} has the unknown verdict {verdict!r}",
        tuple(PageVerdict),
    ),
    Check(
        "select id, verdict from hit where verdict not in (select value from json_each(?))",
        "hit count {id} has the unknown verdict {verdict!r}",
        tuple(PageVerdict),
    ),
)


def damaged(path: Path) -> list[str]:
    """What SQLite finds broken in a ledger's file.

    Raises:
        StoreError: it cannot be read, for another reason than damage.
    """
    try:
        with open_ledger(path) as connection:
            return damage(connection)
    except StoreError as error:
        if not is_damage(error.__cause__):
            raise
        return [str(error.__cause__)]


def trouble(store: Store) -> Iterator[str]:
    """Ledger files that are broken, that cannot be read, or that a later version wrote."""
    rebuild = f"python -m postprocess doctor {store.root} --rebuild"
    for path in store.ledger_paths():
        try:
            broken = damaged(path)
        except StoreError as error:
            yield f"{error}: see that you may read it and its folder, and try again"
            continue
        for why in broken:
            yield f"{path} is damaged ({why}): save what can be read of it with {rebuild}"
        version = 0 if broken else ask(path, "pragma user_version")[0][0]
        if version > SCHEMA_VERSION:
            yield f"{path} has schema {version}, newer than {SCHEMA_VERSION}: use a later program"


def rows(store: Store) -> Iterator[str]:
    """Rows that contradict each other or use unknown words."""
    for path in store.ledger_paths():
        for check in _CHECKS:
            for row in ask(path, check.sql, check.words):
                yield f"{path}: {check.text.format(**dict(row))}: restore the ledger from a copy"


def ask(path: Path, sql: str, words: Collection[str] = ()) -> list[sqlite3.Row]:
    """What one ledger answers, read-only; `words` become the query's one parameter, if any."""
    parameters = (json.dumps(list(words)),) if words else ()
    with open_ledger(path) as connection:
        return connection.execute(sql, parameters).fetchall()
