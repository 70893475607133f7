"""A plain client for the demo web, which hides nothing a server does."""

import html
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from parsel import Selector


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def fetch(url: str, timeout: float = 10, key: str = "") -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request(
            "GET",
            parts.path + (f"?{parts.query}" if parts.query else ""),
            headers={"X-Api-Key": key} if key else {},
        )
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def read_grid(text: str) -> tuple[list[dict[str, Any]], str | None]:
    """The records of an image page built like Bing's, and where it goes on ("": nowhere)."""
    page = Selector(text)
    container = page.css("div.dgControl[data-nextUrl]")
    records = [json.loads(mark) for mark in container[:1].css("a.iusc::attr(m)").getall()]
    return records, container.xpath("@data-nexturl | @data-nextUrl").get()


def search(base: str, query: str, path: str = "/images/search") -> Answer:
    return fetch(f"{base}{path}?q={quote(query)}")


def all_images(base: str, query: str) -> list[str]:
    """Every image URL of a query, over all pages."""
    found: list[str] = []
    following: str | None = f"/images/search?q={quote(query)}"
    while following:
        records, following = read_grid(fetch(base + html.unescape(following)).text)
        found += [record["murl"] for record in records]
    return found
