"""Opens the tables of a ledger: makes or migrates them, and refuses what it cannot trust.

Standard library only.
"""

import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

from carscrape.store import StoreError

SCHEMA_VERSION = 3

# Before version 3 there was one series of hit counts, whole even if it took several days.
ONE_SERIES = """
    update hit set day = coalesce((select date(max(fetched_at), 'unixepoch') from hit), date('now'))
    where day = ''
"""

# What leads from a version to the next one.
_MIGRATIONS = {
    1: """
        alter table image add column asks integer not null default 0;
        update image set asks = tries;
        alter table image add column hops text;
        alter table run add column boot text not null default '';
    """,
    2: """
        alter table query add column filters text not null default '{}';
        alter table result add column licence_url text;
        alter table result add column author text;
        drop index hit_open;
        alter table hit rename to old_hit;
        create table hit (
            id integer primary key, engine text not null, phrase text not null,
            subject text not null, term text not null,
            day text not null default '', asked_locale text not null default '',
            locale text not null default '',
            count integer, raw text not null default '', verdict text,
            detail text not null default '', tries integer not null default 0,
            not_before real not null default 0, fetched_at real,
            unique (engine, phrase, subject, asked_locale, day)
        );
        insert into hit (id, engine, phrase, subject, term, count, raw, verdict, detail, tries,
            not_before, fetched_at)
        select id, engine, phrase, subject, term, count, raw, verdict, detail, tries,
            not_before, fetched_at from old_hit;
        drop table old_hit;
        create index hit_open on hit (engine, not_before, id) where verdict is null;
    """,
}
_DAMAGE = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Make a connection ready to write a ledger, which is checked from end to end.

    Raises:
        StoreError: the ledger is damaged, or of a later version.
        sqlite3.DatabaseError: it cannot be read or written.
    """
    db.row_factory = sqlite3.Row
    wrong = damage(db)
    if wrong:
        store = path.parent.parent
        raise StoreError(
            f"the ledger {path} is damaged ({wrong[0]}): save what can be read of it with "
            f"python -m postprocess doctor {store} --rebuild"
        )
    (version,) = db.execute("pragma user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema {version}, this program knows {SCHEMA_VERSION}: "
            "use the program that made it, or another store"
        )
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = normal")
    if version == 0:
        create(db)
    elif version < SCHEMA_VERSION:
        _migrate(db, version, path)


def damage(db: sqlite3.Connection) -> list[str]:
    """What SQLite finds broken in a file: pages, and rows that their indexes contradict.

    Reads the whole file: some 6 seconds for the ledger of a million images.

    Raises:
        sqlite3.DatabaseError: the file cannot be read, for another reason than damage.
    """
    try:
        rows = db.execute("pragma integrity_check").fetchall()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return [str(error)]
    return [" ".join(row[0].split()) for row in rows if row[0] != "ok"]


def is_damage(error: BaseException | None) -> bool:
    """Say whether SQLite found the file itself broken, not only the way to it closed."""
    code = getattr(error, "sqlite_errorcode", 0)  # which errors of the module itself lack
    return isinstance(error, sqlite3.Error) and code & 0xFF in _DAMAGE


def create(db: sqlite3.Connection) -> None:
    """Make the tables, all or none."""
    # Read as package data: inside an egg there is no file to open.
    schema = resources.files(__package__).joinpath("schema.sql").read_text("utf-8")
    db.executescript(f"begin; {schema} pragma user_version = {SCHEMA_VERSION}; commit;")


def _migrate(db: sqlite3.Connection, version: int, path: Path) -> None:
    """Bring a ledger to the present version; the one it was stays beside it as a backup."""
    backup = path.with_name(f"{path.name}.v{version}")
    part = path.with_name(f"{backup.name}.part")
    with closing(sqlite3.connect(part)) as copy:
        db.backup(copy)
    part.replace(backup)
    steps = "".join(_MIGRATIONS[each] for each in range(version, SCHEMA_VERSION))
    db.executescript(
        f"begin; {steps} {ONE_SERIES}; pragma user_version = {SCHEMA_VERSION}; commit;"
    )
