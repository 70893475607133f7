"""What a recipe asks: queries of image searches and phrases of web searches.

Standard library only.
"""

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """One question to an image search, and what its answers shall show."""

    id: str  # 16 hex digits of a hash of text and attributes: the same for ever
    text: str
    attributes: dict[str, str]

    @classmethod
    def of(cls, text: str, attributes: dict[str, str]) -> "Query":
        """The query with this text, under its own id."""
        record = json.dumps([text, attributes], sort_keys=True, separators=(",", ":"))
        return cls(hashlib.sha256(record.encode()).hexdigest()[:16], text, attributes)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One quoted question to a web search: how many pages name the subject with the term."""

    text: str  # with its quotes
    subject: dict[str, str]
    term: str

    @classmethod
    def of(cls, template: str, subject: dict[str, str], term: str) -> "Phrase":
        """The template filled in and quoted; quotes inside would end it and become blanks."""
        words = template.format(term=term, **subject).replace('"', " ").split()
        return cls(f'"{" ".join(words)}"', subject, term)


def shard_of(key: str, shards: int) -> int:
    """The shard, from 1 to `shards`, of a query's id or a phrase's text: the same for ever."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % shards + 1
