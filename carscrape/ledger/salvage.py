"""Makes a new ledger of what can still be read of a damaged one. Standard library only.

Rows are read one by one around the broken parts. What was lost is asked for again: a page that
lost results, its image's row, or the page after it is made unasked, so that engines are asked
for it once more.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from carscrape.items import Outcome, PageVerdict
from carscrape.ledger.schema import ONE_SERIES, create
from carscrape.lock import lock
from carscrape.store import EXTENSIONS

# The column whose ranges are read; `result` has no rowid.
_TABLES = {
    "query": "rowid",
    "page": "rowid",
    "result": "page",
    "image": "rowid",
    "host": "rowid",
    "hit": "rowid",
    "run": "rowid",
    "note": "rowid",
}
_SMALLEST_ROW = 16  # bytes: so many rows a file may hold at most
_ASK_AGAIN = "update image set outcome = null, final = 0, tries = 0, sha256 = null"
_REPAIRS = (
    f"{_ASK_AGAIN} where outcome not in (select value from json_each(:outcomes))",  # noqa: S608
    f"{_ASK_AGAIN} where final and outcome is null",
    f"{_ASK_AGAIN} where outcome = 'stored' and (bytes is null or type is null "  # noqa: S608
    "or type not in (select value from json_each(:types)) "
    "or sha256 is null or length(sha256) <> 64 or sha256 glob '*[^0-9a-f]*')",
    "update page set verdict = null where verdict not in (select value from json_each(:verdicts))",
    "update hit set verdict = null where verdict not in (select value from json_each(:verdicts))",
    "delete from result where image not in (select id from image) "
    "or page not in (select id from page)",
    "update page set verdict = null where coalesce(found, 0) <> "
    "(select count(*) from result where result.page = page.id)",
    "update page set found = (select count(*) from result where result.page = page.id)",
    "update page set repeats = min(repeats, found)",
    ONE_SERIES,
)
_WORDS = {
    "outcomes": json.dumps(list(Outcome)),
    "types": json.dumps(list(EXTENSIONS)),
    "verdicts": json.dumps(list(PageVerdict)),
}
# Where pages were lost, the one before a gap names its successor once more.
_REOPEN_BEFORE_GAPS = (
    "update page set verdict = null where verdict = 'results' and not exists ("
    "select 1 from page as next where next.engine = page.engine and next.query = page.query "
    "and next.number = page.number + 1)"
)


@dataclass
class Salvaged:
    """What was saved of a damaged ledger: rows per table, and where the damaged file lies now."""

    aside: Path
    rows: dict[str, int] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)  # tables with parts that were not


def salvage(path: Path) -> Salvaged:
    """Put a new ledger in the place of a damaged one, which is moved aside with its journal.

    Raises:
        StoreError: another process writes it.
        OSError, sqlite3.Error: the new one cannot be written; the damaged one is where it was.
    """
    with ExitStack() as stack:
        stack.enter_context(lock(path.with_suffix(".lock")))
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        new = stack.enter_context(closing(sqlite3.connect(part, isolation_level=None)))
        create(new)
        saved = Salvaged(_free_folder(path))
        _copy_all(path, new, saved)
        new.close()
        saved.aside.mkdir()
        (saved.aside / path.name).hardlink_to(path)
        # Before the new file has their name: SQLite would write an old journal into it.
        for suffix in ("-wal", "-shm"):
            old = path.with_name(path.name + suffix)
            if old.exists():
                old.rename(saved.aside / old.name)
        part.replace(path)
    return saved


def _free_folder(path: Path) -> Path:
    number = 1
    while (folder := path.parent / f"{path.stem}-damaged-{number}").exists():
        number += 1
    return folder


def _copy_all(path: Path, new: sqlite3.Connection, saved: Salvaged) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.text_factory = lambda text: text.decode("utf-8", "replace")
        most = path.stat().st_size // _SMALLEST_ROW
        new.execute("begin")
        for table, key in _TABLES.items():
            try:
                columns = _columns(old, table) & _columns(new, table)
                saved.rows[table] = _copy(old, new, table, key, sorted(columns), most, saved)
            except sqlite3.DatabaseError:
                saved.unreadable.append(table)
                saved.rows[table] = 0
        new.execute("commit")
    _mend(new, saved)


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in db.execute(f"pragma table_info({table})")}


def _copy(
    old: sqlite3.Connection,
    new: sqlite3.Connection,
    table: str,
    key: str,
    columns: list[str],
    most: int,
    saved: Salvaged,
) -> int:
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    select = f"select {names} from {table} where {key} between ? and ?"  # noqa: S608
    insert = f"insert or ignore into {table} ({names}) values ({marks})"  # noqa: S608
    rows = 0
    for found in _ranges(old, select, 0, most):
        if found is None:
            if table not in saved.unreadable:
                saved.unreadable.append(table)
        else:
            rows += new.executemany(insert, found).rowcount
    return rows


def _ranges(
    db: sqlite3.Connection, select: str, first: int, last: int
) -> Iterator[list[tuple[object, ...]] | None]:
    """Rows with a key from `first` to `last`, around what cannot be read, for which None stands."""
    try:
        rows = db.execute(select, (first, last)).fetchall()
    except sqlite3.DatabaseError:
        if first == last:
            yield None
        else:
            middle = (first + last) // 2
            yield from _ranges(db, select, first, middle)
            yield from _ranges(db, select, middle + 1, last)
    else:
        if rows:
            yield rows


def _mend(db: sqlite3.Connection, saved: Salvaged) -> None:
    """Make the rows agree with each other again, and unasked where something is missing."""
    db.execute("begin")
    for sql in _REPAIRS:
        db.execute(sql, _WORDS)
    if "page" in saved.unreadable:
        db.execute(_REOPEN_BEFORE_GAPS)
    db.execute("commit")
