"""The results on a page of Google's images: a record in a script each, and a tile."""

import re
from collections.abc import Iterator
from dataclasses import astuple
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from parsel import Selector

from carscrape.items import Result
from carscrape.page_values import address, line, pixels
from carscrape.pages import MOST_RESULTS
from carscrape.scripts import arrays, unescaped

_RECORD = re.compile(r'\[(?:\d{1,3}|null), ?"[\w-]{6,40}:?", ?\[ ?"https?:(?:\\?/){2}')
_RECORDS = 3 * MOST_RESULTS  # tried; a page may have each of them twice
_TILES = (
    '(//*[@data-docid and @data-lpage or self::a and contains(@href, "/imgres?")])'
    f"[position() <= {2 * MOST_RESULTS}]"
)
_PARTS = 100  # elements of a tile looked at; real ones have thirty
_PREVIEW = "imgv-"  # begins the id of an opened image, which shows related ones
_LONGEST_LINK = 8192  # characters


def results_of(page: Selector, text: str) -> list[Result | None]:
    """The distinct results in their order; None for a tile whose image is named nowhere."""
    tiles = _tiles(page)
    records = _records(text)
    if not records or tiles.keys() - records.keys():
        records = _records(unescaped(text)) | records
    merged = (
        _merged(records.get(id_), tiles.get(id_)) for id_ in dict.fromkeys([*tiles, *records])
    )
    return [result if result.image_url else None for result in islice(merged, MOST_RESULTS)]


def _merged(record: Result | None, tile: Result | None) -> Result:
    """What the record says, and what only the tile does."""
    if not record or not tile:
        return record or tile or Result("")
    return Result(
        *(said or shown for said, shown in zip(astuple(record), astuple(tile), strict=True))
    )


# --- records


def _records(text: str) -> dict[str, Result]:
    """Results by id. A record is [0, id, [thumbnail, height, width], [image, ...], ..., {...}]."""
    found: dict[str, Result] = {}
    for record in arrays(text, _RECORD, _RECORDS):
        found.setdefault(record[1].rstrip(":"), _result(record))
    return found


def _result(record: list[Any]) -> Result:
    pictures = [part for part in record if isinstance(part, list) and _is_url(_at(part, 0))]
    thumbnail, original = [*pictures, None, None][:2]
    more = next((part for part in record if isinstance(part, dict)), {})
    source = more.get("2003")  # [..., id, page, title, ...]
    return Result(
        image_url=address(_at(original, 0)),
        page_url=address(_at(source, 2)),
        title=line(_at(source, 3)) or line(_at(more.get("2008"), 1)),
        thumbnail=address(_at(thumbnail, 0)),
        width=pixels(_at(original, 2)),
        height=pixels(_at(original, 1)),
    )


def _at(parts: object, place: int) -> object:
    """A part of an array; None where there is none."""
    return parts[place] if isinstance(parts, list) and place < len(parts) else None


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


# --- tiles


def _tiles(page: Selector) -> dict[str, Result]:
    """What the tiles say of their results, by id; few name the image itself."""
    found: dict[str, Result] = {}
    for tile in page.xpath(_TILES):
        if not any(above.get("id", "").startswith(_PREVIEW) for above in tile.root.iterancestors()):
            id_, result = _tile(tile.root)
            found[id_] = _merged(found.get(id_), result)
    found.pop("", None)
    return found


def _tile(tile: Any) -> tuple[str, Result]:
    linked = _linked(tile)
    result = Result(
        image_url=address(linked.get("imgurl")),
        page_url=address(tile.get("data-lpage")) or address(linked.get("imgrefurl")),
        title=next(filter(None, (line(part.get("alt")) for part in _parts(tile, "img"))), ""),
        width=pixels(linked.get("w")),
        height=pixels(linked.get("h")),
    )
    return tile.get("data-docid") or linked.get("tbnid", ""), result


def _linked(tile: Any) -> dict[str, str]:
    """The parameters of the link to the image's own page."""
    links = (part.get("href", "") for part in _parts(tile, "a"))
    link = next((link for link in links if "/imgres?" in link), "")[:_LONGEST_LINK]
    return {name: values[0] for name, values in parse_qs(link.partition("?")[2]).items()}


def _parts(tile: Any, tag: str) -> Iterator[Any]:
    """The first elements of a kind in a tile, itself among them."""
    return (part for part in islice(tile.iter("*"), _PARTS) if part.tag == tag)
