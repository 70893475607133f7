"""What a recipe asks: queries of image searches and phrases of web searches.

Standard library only.
"""

import hashlib
import json
from dataclasses import dataclass, field

from carscrape.filters import NO_FILTERS, Filters


@dataclass(frozen=True, slots=True)
class Query:
    """One question to an image search, and what its answers shall show."""

    id: str  # 16 hex digits of a hash of all the rest: the same for ever
    text: str
    attributes: dict[str, str]
    filters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str, attributes: dict[str, str], filters: Filters = NO_FILTERS) -> "Query":
        """The query with this text, under its own id."""
        parts = [text, attributes, *([dict(filters)] if filters else [])]
        record = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(record.encode()).hexdigest()[:16]
        return cls(digest, text, attributes, dict(filters))


@dataclass(frozen=True, slots=True)
class Phrase:
    """One question to a web search: how many pages name the subject with the term."""

    text: str  # with its quotes, if it has any
    subject: dict[str, str]
    term: str

    @classmethod
    def of(
        cls, template: str, subject: dict[str, str], term: str, is_quoted: bool = True
    ) -> "Phrase":
        """The template filled in; quotes inside would end it and become blanks."""
        words = " ".join(template.format(term=term, **subject).replace('"', " ").split())
        return cls(f'"{words}"' if is_quoted else words, subject, term)


def shard_of(key: str, shards: int) -> int:
    """The shard, from 1 to `shards`, of a query's id or a phrase's text: the same for ever."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % shards + 1
