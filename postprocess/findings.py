"""Who found a URL, as one text that travels with it through other programs and comes back."""

import json
from collections.abc import Iterable, Mapping
from sqlite3 import Row
from typing import Any

from carscrape.ledger.findings import Finding

COLUMNS = """
page.engine, query.id as query, query.text, query.attributes, query.filters, page.number as page,
result.rank, result.page_url, result.title, result.thumbnail, result.width, result.height,
result.licence, result.licence_url, result.author"""
"""What a select over results, pages and queries gives to `dump`."""

_OBJECTS = ("attributes", "filters")
_PLACE = ("page", "rank")
_SIZE = ("width", "height")
_NEEDED = ("engine", "query", "text")
_MORE = ("page_url", "title", "thumbnail", "licence", "licence_url", "author")
_MOST = 2**31


def dump(results: Iterable[Row]) -> str:
    """Rows that have `COLUMNS` as a JSON list; what is not known is left out."""
    return json.dumps([_told(row) for row in results], ensure_ascii=False)


def load(text: str, url: str) -> list[Finding]:
    """What `dump` wrote of a URL.

    Raises:
        ValueError: it is something else.
    """
    try:
        findings = [_finding(entry, url) for entry in json.loads(text)]
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"no findings: {error}") from error
    if not findings:
        raise ValueError("no findings: an empty list")
    return findings


def clean(text: str) -> str:
    """The text with a sign in place of what no ledger can hold."""
    return text.encode("utf-8", "replace").decode()


def _told(row: Row) -> dict[str, Any]:
    told = {name: row[name] for name in (*_NEEDED, *_PLACE)}
    told |= {name: objects for name in _OBJECTS if (objects := json.loads(row[name]))}
    return told | {name: row[name] for name in (*_SIZE, *_MORE) if row[name]}


def _finding(entry: Mapping[str, Any], url: str) -> Finding:
    read: dict[str, Any] = {name: _text(entry[name]) for name in _NEEDED}
    read |= {name: _text(entry[name]) for name in _MORE if name in entry}
    read |= {name: _number(entry[name]) for name in _PLACE}
    read |= {name: _number(entry[name]) for name in _SIZE if name in entry}
    read |= {name: _strings(entry.get(name, {})) for name in _OBJECTS}
    return Finding(image_url=url, **read)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return clean(value)


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise TypeError(f"{value!r} is no number")
    return value


def _strings(values: Any) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in values.items()}
