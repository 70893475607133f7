"""Crawls of given image URLs, with a scripted DNS and a NAT, and how they ended."""

import json
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from carscrape.guard import PORTS
from tests.crawling import crawl, recipe, rows
from tests.watched_web import Web


@dataclass
class End:
    """How a crawl of given images ended."""

    code: int
    output: str
    store: Path
    log: list[str]  # of tests/faulty/names.py

    def outcomes(self) -> dict[str, str]:
        return dict(rows(self.store, "select url, outcome from image order by id"))

    def outcome(self, url: str) -> tuple[str, str, tuple[str, ...]]:
        """Outcome, detail and hops of one URL."""
        found = {
            row[0]: row[1:]
            for row in rows(self.store, "select url, outcome, detail, hops from image")
        }
        outcome, detail, hops = found[url]
        return outcome, detail, tuple(json.loads(hops or "[]"))

    def connected(self, verb: str = "connect") -> set[str]:
        return {line.partition(" ")[2] for line in self.log if line.startswith(f"{verb} ")}


def ask(
    folder: Path,
    web: Web,
    urls: list[str],
    *,
    names: dict[str, Any] | None = None,
    nat: dict[str, str] | None = None,
    arguments: tuple[str, ...] = (),
    **more: Any,
) -> End:
    """Crawl a page of these images, with a scripted DNS and a NAT."""
    web.images = urls
    folder.mkdir(exist_ok=True)
    script = folder / "names.json"
    script.write_text(json.dumps({"names": names or {}, "nat": nat or {}}))
    more.setdefault("faults", (f"names={script}",))
    arguments = arguments or (recipe(folder, "word"), f"demo_port={web.port}", "per_query=999")
    code, output = crawl("image_search", folder / "store", *arguments, **more)
    log = Path(f"{script}.log")
    return End(code, output, folder / "store", log.read_text().splitlines() if log.exists() else [])


def free_port() -> int:
    """A port that the guard lets pass, free on loopback."""
    for port in sorted(PORTS, reverse=True):
        with closing(socket.socket()) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    pytest.skip("none of the ports that the guard lets pass is free on loopback")
