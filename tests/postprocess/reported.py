"""Reports of small stores, read back."""

import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

from judged import judge
from parsel import Selector
from stores import BLUE, Found, make_store, picture, sha

from carscrape.items import Outcome
from carscrape.store import Store
from postprocess.report import write_report


class Page(HTMLParser):
    """Elements, addresses and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.select = Selector(html)
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._in_style:
            self.text += data
        self._in_style = False

    def values(self, *names: str) -> list[str]:
        return [value for _, name, value in self.attributes if name in names]

    @property
    def words(self) -> str:
        return _plain(self.text)

    def section(self, id_: str) -> str:
        """The text of a section."""
        return _plain(" ".join(self.select.css(f"#{id_} ::text").getall()))

    def rows(self, label: str) -> dict[str, list[str]]:
        """The rows of the table with this label, by their heading."""
        table = self.select.css(f'[aria-label="{label}"] table')
        return {
            _plain(" ".join(row.css("th ::text").getall())): [
                _plain(" ".join(cell.css("::text").getall())) for cell in row.css("td")
            ]
            for row in table.css("tbody tr, tfoot tr")
        }


def _plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").split())


def read(store: Store) -> Page:
    return Page(write_report(store).read_text(encoding="utf-8"))


def small_store(tmp_path: Path) -> Store:
    """Seven URLs: five images (one under two URLs), one gone, one waiting."""
    contents = [picture(n) for n in range(5)]
    found = [
        *(Found(content) for content in contents[:4]),
        Found(contents[4], attributes=BLUE),
        Found(contents[0], url="https://images.example/again"),
        Found(b"gone", outcome=Outcome.GONE),
        Found(b"waiting", outcome=None),
    ]
    store = make_store(tmp_path, found)
    judge(store, rejected={sha(contents[1]): ("verify", "too_small")})
    return store


def change(store: Store, sql: str, *values: object) -> None:
    """Change the ledger."""
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        ledger.execute(sql, values)
