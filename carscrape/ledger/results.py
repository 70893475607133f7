"""The results of pages, and the images they name. Standard library only."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from carscrape.items import Result
from carscrape.ledger.images import Images


@dataclass(slots=True)
class Added:
    """What the results of a page added to its query."""

    again: bool  # the page held results from an earlier answer
    total: int  # images of the query
    fresh: int = 0
    repeats: int = 0
    cut: bool = False  # the page had more than were wanted
    hosts: list[str] = field(default_factory=list)  # of images new to the ledger


class Results:
    """The table `result`."""

    def __init__(self, db: sqlite3.Connection, images: Images) -> None:
        self._db = db
        self._images = images

    def add(self, page: sqlite3.Row, results: Sequence[Result], most: int) -> Added:
        """Write the results that the query still wants, and the images that are new."""
        known = self._images_of(page["engine"], page["query"])
        here, rank = self._on_page(page["id"])
        added = Added(again=bool(here), total=len(known))
        for result in results:
            if added.total >= most:
                added.cut = True
                break
            image, host = self._images.add(result.image_url, result.page_url)
            if image in here:
                continue  # the page was asked before, with fewer images wanted
            added.hosts += [host] if host is not None else []
            if image in known:
                added.repeats += 1
            else:
                known.add(image)
                added.fresh += 1
                added.total += 1
            self.insert(page["id"], rank, image, result)
            rank += 1
        return added

    def _images_of(self, engine: str, query: str) -> set[int]:
        sql = (
            "select result.image from result join page on page.id = result.page "
            "where engine = ? and query = ?"
        )
        return {row["image"] for row in self._db.execute(sql, (engine, query))}

    def _on_page(self, page: int) -> tuple[set[int], int]:
        """Images that a page is known to hold from an earlier answer, and the next free rank."""
        rows = self._db.execute("select image, rank from result where page = ?", (page,)).fetchall()
        return {row["image"] for row in rows}, max((row["rank"] + 1 for row in rows), default=0)

    def insert(self, page: int, rank: int, image: int, result: Result) -> None:
        """Write one result, without what names anybody if it was taken down."""
        if self._images.hide(image, result.page_url):
            self._db.execute(
                "insert into result (page, rank, image) values (?, ?, ?)", (page, rank, image)
            )
            return
        self._db.execute(
            "insert into result values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                page,
                rank,
                image,
                result.page_url,
                result.title,
                result.thumbnail,
                result.width,
                result.height,
                result.licence,
                result.licence_url,
                result.author,
            ),
        )
