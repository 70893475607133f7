"""What a crawl writes into its ledger, told apart by the SQL. Not a fault itself, see steps.py."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

_KINDS = (
    ("schema", r"create (table|index)|pragma user_version ="),
    ("plan-hits", r"insert or ignore into hit\b"),
    ("plan", r"insert or ignore into query|update page set verdict = null where"),
    ("reopen", r"update page set verdict = null, tries = 0"),
    ("hits-reopen", r"update hit set verdict = null, tries = 0"),
    ("postpone", r"update page set detail = \?, not_before"),
    ("hits-postpone", r"update hit set detail = \?, not_before"),
    ("bound-pauses", r"update (host|image|page|hit) set not_before = :most"),
    ("forget", r"update image set outcome = null, final = 0"),
    ("page", r"insert or ignore into (image|page)\b|insert into result\b|update page set verdict"),
    ("images", r"update image set outcome = \?, final = \?"),
    ("hold", r"insert into host\b"),
    ("start-run", r"insert into run\b"),
    ("end-run", r"update run set ended_at"),
    ("note", r"insert or replace into note\b"),
    ("hit", r"update hit set count"),
)


def watch(reached: Callable[[str, str], None]) -> None:
    """Say what every connection to a ledger that is written does."""
    real = sqlite3.connect

    def connect(path: Any, *more: Any, **named: Any) -> sqlite3.Connection:
        if named.get("uri"):
            return real(path, *more, **named)
        reached("ledger/before-opening", "")
        connection = real(path, *more, factory=_Watched, **named)
        connection.reached = lambda step: reached(step, "")
        reached("ledger/opened", "")
        return connection

    sqlite3.connect = connect


def _kind(sql: str, within: bool) -> str:
    """What a statement writes; "" if it only reads."""
    text = " ".join(sql.split()).lower()
    kind = next((kind for kind, pattern in _KINDS if re.match(pattern, text)), "")
    if not kind and re.match(r"insert|update|delete|replace|alter|drop", text):
        kind = "unknown"
    return "host-down" if kind == "hold" and within else kind


class _WatchedCursor(sqlite3.Cursor):
    """Runs every statement between the steps around it."""

    connection: "_Watched"

    def execute(self, sql: str, *more: Any) -> Any:
        run = super().execute
        return self.connection.around(sql, lambda: run(sql, *more))

    def executemany(self, sql: str, rows: Any) -> Any:
        run = super().executemany
        return self.connection.around(sql, lambda: run(sql, rows))

    def executescript(self, script: str) -> Any:
        for statement in _statements(script):
            self.execute(statement)
        return self


class _Watched(sqlite3.Connection):
    """A connection that says what it is about to write and what it has written."""

    reached: Callable[[str], None]
    writes = ""  # what the open transaction wrote first

    def cursor(self, factory: Any = _WatchedCursor) -> Any:
        return super().cursor(factory)

    def execute(self, *given: Any) -> Any:
        return self.cursor().execute(*given)

    def executemany(self, *given: Any) -> Any:
        return self.cursor().executemany(*given)

    def executescript(self, script: str) -> Any:
        return self.cursor().executescript(script)

    def around(self, sql: str, run: Callable[[], Any]) -> Any:
        self.reached("statement")
        if sql.strip(" ;\n").lower() == "commit":
            return self._committing(run)
        kind = _kind(sql, self.in_transaction)
        if kind and not self.in_transaction:
            self.writes = kind
            return self._committing(run)
        answer = run()
        if kind and not self.writes:
            self.writes = kind
            self.reached(f"{kind}/within")
        return answer

    def _committing(self, run: Callable[[], Any]) -> Any:
        kind, self.writes = self.writes, ""
        if kind:
            self.reached(f"{kind}/before-commit")
        answer = run()
        if kind:
            self.reached(f"{kind}/after-commit")
        return answer

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        leave = super().__exit__
        if kind is not None or not self.in_transaction:
            self.writes = ""
            return leave(kind, error, trace)
        try:
            return self._committing(lambda: leave(kind, error, trace))
        except sqlite3.Error:
            self.rollback()  # as sqlite3 does after a commit that failed
            raise

    def close(self) -> None:
        self.reached("ledger/before-closing")
        super().close()
        self.reached("ledger/closed")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for piece in script.split(";")[:-1]:
        statement += f"{piece};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
