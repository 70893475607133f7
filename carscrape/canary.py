"""Asks each engine one query that always has results, to see whether its reader still works.

All the rest is a crawl's: guard, robots.txt, budgets, lanes, pauses. `scrapy engines --check`.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import ClassVar

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import BaseSettings

from carscrape.argument_values import read_port
from carscrape.arguments import Arguments
from carscrape.engine_choice import pick_engines
from carscrape.items import HitCount, PageVerdict
from carscrape.lanes import Lane
from carscrape.questions import IMAGES, NEEDS_A_LOOK, Finding, Questions, questions
from carscrape.recipe import Phrase, load
from carscrape.secrets import bytes_without_keys, without_keys
from carscrape.spider import LedgerSpider
from carscrape.stopping import LOCAL_FAULT
from carscrape.store import Store

QUERY = "red ford mustang"
KEPT_IN = "engines-check"  # folder below the working directory, for pages that need a look


class Canary(LedgerSpider):
    """One query per engine, once; `findings` hold what came of it."""

    name = "canary"
    counts_hits: ClassVar[bool] = False
    rows: Questions

    def __init__(self, **given: str) -> None:
        super().__init__(**given)
        self.findings: dict[tuple[str, str], Finding] = {}

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        settings.set("PATIENCE", 0, "spider")

    def read_arguments(self) -> Arguments:
        """The engines to ask; no recipe has a part in it."""
        port = read_port(self.given.get("demo_port"))
        engines = pick_engines(self.given["engines"].split(","), port)
        store = Store(self.settings["STORE"])
        return Arguments(store, load("cars"), engines, per_query=1, demo_port=port)

    def plan(self) -> None:
        """Write what is asked into memory."""
        engines = self.arguments.engines
        self.rows = self._resources.enter_context(closing(Questions(engines)))
        self.findings = {
            (engine.name, what): Finding(engine.name, what)
            for engine in engines
            for what in questions(engine)
        }

    def request_of(self, lane: Lane, row: sqlite3.Row) -> Request:
        """Build the request of a question."""
        query = self.given["query"]
        if row["question"] == IMAGES:
            return lane.engine.image_request(query)
        return lane.engine.hits_request(Phrase.of("{term}", {}, query).text)

    def answer(
        self, lane: Lane, row: sqlite3.Row, response: Response
    ) -> tuple[PageVerdict, str, list[HitCount]]:
        """Read a response into its finding."""
        found = self.findings[row["engine"], row["question"]]
        if row["question"] == IMAGES:
            images = lane.engine.parse_images(response)
            found.verdict, found.detail = images.verdict, images.detail
            found.results = len(images.results)
            found.sizes = sum(bool(each.width and each.height) for each in images.results)
        else:
            hits = lane.engine.parse_hits(response)
            found.verdict, found.detail, found.count = hits.verdict, hits.detail, hits.count
        found.detail = without_keys(found.detail)
        if found.verdict in NEEDS_A_LOOK:
            self._keep(found, response.body)
        self.rows.finish(row["id"], found.verdict)
        return found.verdict, found.detail, []

    def _keep(self, found: Finding, body: bytes) -> None:
        path = Path(KEPT_IN, f"{found.engine}-{found.question}.html")
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(bytes_without_keys(body))
            found.page = f"./{path}"
        except OSError as error:
            found.detail += f"; its page cannot be kept in ./{KEPT_IN}: {error.strerror}"

    def give_up(self, row: sqlite3.Row, detail: str) -> None:
        """Take a question that has no answer."""
        found = self.findings[row["engine"], row["question"]]
        found.verdict, found.detail = PageVerdict.FAILED, detail
        self.rows.finish(row["id"], PageVerdict.FAILED)

    def settle(self) -> None:
        """Say why questions have no answer, if it is not their engines' fault."""
        if self.stop.reason == LOCAL_FAULT:
            for found in self.findings.values():
                found.detail = found.detail or "the network here seems to be down"

    def conclude(self) -> int:
        """Say whether every reader works."""
        return 0 if all(found.works for found in self.findings.values()) else 1

    def summary(self) -> list[tuple[str, int]]:
        """Nothing: findings are told by the command."""
        return []

    def advice(self) -> list[str]:
        """Nothing, for the same reason."""
        return []
