"""What a check of engines asks, and what came of it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from carscrape.engines.base import Engine
from carscrape.items import MAX_TRIES, PageVerdict
from carscrape.ledger.asked import AskedRows
from carscrape.log_lines import one_line

IMAGES, HITS = "images", "hits"

NEEDS_A_LOOK = frozenset(
    {PageVerdict.LAYOUT_UNKNOWN, PageVerdict.NO_RESULTS, PageVerdict.REWRITTEN}
)
"""Verdicts on such a query that mean a reader may be out of date."""


@dataclass
class Finding:
    """What an engine answered to one question."""

    engine: str
    question: str  # IMAGES or HITS
    verdict: PageVerdict | None = None  # None: nobody answered
    detail: str = ""
    results: int = 0
    sizes: int = 0  # results that say how large their image is
    count: int | None = None  # of hits
    page: str = ""  # the file that it is kept in

    @property
    def works(self) -> bool:
        """Whether the reader read what it is for."""
        read = self.question == IMAGES or self.count is not None
        return self.verdict == PageVerdict.RESULTS and read

    @property
    def text(self) -> str:
        """What came of it, as part of a line."""
        said = self._said()
        if self.detail and said != self.detail:
            said += f" ({self.detail})"
        return f"{said}, page kept as {self.page}" if self.page else said

    def _said(self) -> str:
        if self.verdict is None:
            return "no answer"
        if self.verdict != PageVerdict.RESULTS:
            word = self.verdict.replace("_", " ")
            return word.upper() if self.verdict in NEEDS_A_LOOK else word
        if self.question == IMAGES:
            return f"works, {self.results} results with {self.sizes} sizes"
        return "NO COUNT" if self.count is None else f"works, {self.count:,}"


@dataclass(frozen=True)
class Check:
    """What came of an engine: why it was left out, or its findings."""

    engine: str
    left_out: str
    findings: list[Finding]

    @property
    def works(self) -> bool:
        """Whether it was asked, and all its readers work."""
        return bool(self.findings) and all(found.works for found in self.findings)

    @property
    def line(self) -> str:
        """All of it for people."""
        texts = {found.question: found.text for found in self.findings}
        if len(set(texts.values())) > 1:
            parts = [text if what == IMAGES else f"{what}: {text}" for what, text in texts.items()]
        else:  # one question, or two with one answer
            parts = list(set(texts.values()))
        why = self.left_out.removeprefix(f"{self.engine} ")
        return one_line(f"{self.engine}: {'; '.join(parts) or why or 'no answer'}")

    @property
    def record(self) -> dict[str, Any]:
        """All of it for programs."""
        findings = [{**asdict(found), "works": found.works} for found in self.findings]
        return {
            "name": self.engine,
            "works": self.works,
            "left_out": self.left_out,
            "findings": findings,
        }


def questions(engine: Engine) -> Iterator[str]:
    """What an engine can be asked."""
    if engine.finds_images:
        yield IMAGES
    if engine.counts_hits:
        yield HITS


class Questions(AskedRows):
    """A table in memory whose every row has one try."""

    table: ClassVar[str] = "question"

    def __init__(self, engines: tuple[Engine, ...]) -> None:
        super().__init__(sqlite3.connect(":memory:", isolation_level=None))
        self._db.row_factory = sqlite3.Row
        self._db.execute(
            "create table question (id integer primary key, engine text, question text, "
            "verdict text, detail text, tries integer, not_before real default 0)"
        )
        asked = [(each.name, what, MAX_TRIES - 1) for each in engines for what in questions(each)]
        sql = "insert into question (engine, question, tries) values (?, ?, ?)"
        self._db.executemany(sql, asked)

    def due(self, engine: str, now: float, limit: int) -> list[sqlite3.Row]:
        """What an engine was not asked yet."""
        sql = "select * from question where engine = ? and verdict is null limit ?"
        return self._db.execute(sql, (engine, limit)).fetchall()

    def finish(self, row: int, verdict: PageVerdict) -> None:
        """Ask a row no more."""
        self._db.execute("update question set verdict = ? where id = ?", (verdict, row))

    def close(self) -> None:
        """Forget everything."""
        self._db.close()
