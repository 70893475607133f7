"""Results that come back from elsewhere, each put at its place. Standard library only."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from carscrape.items import PageVerdict, Result
from carscrape.ledger.images import Images
from carscrape.ledger.results import Results
from carscrape.ledger.takedowns import Takedowns


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Result):
    """A result, and who found it for which query at which place."""

    engine: str
    query: str  # its id
    text: str  # of the query
    attributes: dict[str, str]
    filters: dict[str, str] = field(default_factory=dict)
    page: int  # its number, from 0
    rank: int  # place on the page, from 0


class Findings:
    """Writes findings into the tables `query`, `page`, `result` and `image`."""

    def __init__(self, db: sqlite3.Connection, images: Images, takedowns: Takedowns) -> None:
        self._db = db
        self._images = images
        self._results = Results(db, images)
        self._takedowns = takedowns

    def add(self, urls: Iterable[Sequence[Finding]]) -> list[sqlite3.Row]:
        """Write what was found of each URL, as far as it is not there; all or nothing.

        Args:
            urls: per URL one finding or more.

        Returns:
            The image's row of each URL, in the same order; of one that was taken down its stand-in.
        """
        with self._db:
            self._db.execute("begin")
            ids = [self._add_url(findings) for findings in urls]
        sql = "select * from image where id = ?"
        return [self._db.execute(sql, (id_,)).fetchone() for id_ in ids]

    def _add_url(self, findings: Sequence[Finding]) -> int:
        # One forbidden page forbids the URL, wherever else it was found.
        forbidden = [self._takedowns.forbid_page(each.page_url) for each in findings]
        pages = sorted(zip(forbidden, findings, strict=True), key=lambda pair: not pair[0])
        for _, finding in pages:
            image, _ = self._images.add(finding.image_url, finding.page_url)
            self._put(image, finding)
        return image

    def _put(self, image: int, finding: Finding) -> None:
        page = self._page(finding)
        rank = self._free_rank(page, finding.rank, image)
        if rank is None:
            return
        query = (image, finding.engine, finding.query)
        (repeats,) = self._db.execute(
            "select count(*) > 0 from result join page on page.id = result.page "
            "where image = ? and engine = ? and query = ?",
            query,
        ).fetchone()
        self._results.insert(page, rank, image, finding)
        self._db.execute(
            "update page set found = coalesce(found, 0) + 1, "
            "repeats = coalesce(repeats, 0) + ? where id = ?",
            (repeats, page),
        )

    def _page(self, finding: Finding) -> int:
        """The id of the page; one that is new counts as asked, for somebody has asked it."""
        place = (finding.engine, finding.query, finding.page)
        sql = "select id from page where engine = ? and query = ? and number = ?"
        row = self._db.execute(sql, place).fetchone()
        if row is None:
            as_json = map(json.dumps, (finding.attributes, finding.filters))
            self._db.execute(
                "insert or ignore into query values (?, ?, ?, ?)",
                (finding.query, finding.text, *as_json),
            )
            self._db.execute(
                "insert into page (engine, query, number, verdict) values (?, ?, ?, ?)",
                (*place, PageVerdict.RESULTS),
            )
            row = self._db.execute(sql, place).fetchone()
        return int(row["id"])

    def _free_rank(self, page: int, rank: int, image: int) -> int | None:
        """The rank, or the next free one if another image has it; None if the result is there."""
        sql = "select image from result where page = ? and rank = ?"
        there = self._db.execute(sql, (page, rank)).fetchone()
        if there is None:
            return rank
        sql = "select 1 from result where page = ? and image = ?"
        if self._db.execute(sql, (page, image)).fetchone():
            return None
        sql = "select max(rank) + 1 from result where page = ?"
        return int(self._db.execute(sql, (page,)).fetchone()[0])
