"""What the results that led to each image say of it: one vote per engine, query and host.

Two copies of a picture on one host that one query found at one engine are one vote, not two.
Everything here is columns, for a million images: `row` is always a place in the judged table.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_NO_WORD = re.compile(r"[\W_]+")
_VOTER = ("row", "engine", "query", "host")


@dataclass(frozen=True)
class Votes:
    """Every vote, in the order of the rows, the first finder first."""

    rows: int  # images in the table
    row: Numbers
    said: Numbers  # which of `texts`
    texts: list[dict[str, str]]  # the attributes of queries
    titles: pa.Array  # of the results, as strangers wrote them


@dataclass(frozen=True)
class Candidates:
    """The values that votes name for one attribute: one per row and value, the rows ascending."""

    values: list[str]
    said: Numbers  # per vote: which of `values`; -1: none
    row: Numbers
    value: Numbers
    votes: Numbers
    first: Numbers  # the place of its first vote among all votes
    seen: npt.NDArray[np.object_]  # what `colours.agrees` says of it; None: nobody looked


def read_votes(found: pa.Array) -> Votes:
    """The votes of a column `found` (see `tables.INPUT_SCHEMA`)."""
    results = found.flatten()
    row = np.repeat(np.arange(len(found)), found.value_lengths().to_numpy())
    fields = {name: results.field(name) for name in ("engine", "query", "host")}
    table = pa.table({"row": row, **fields, "place": np.arange(len(row))})
    places = table.group_by(_VOTER).aggregate([("place", "min")])["place_min"].to_numpy()
    voters = np.sort(places)
    texts = results.field("attributes").take(pa.array(voters)).dictionary_encode()
    # Sorted, or what is written would hang on the order of the rows, and so on chance.
    order = pc.sort_indices(texts.dictionary)
    return Votes(
        rows=len(found),
        row=row[voters],
        said=np.argsort(order.to_numpy())[texts.indices.to_numpy()],
        texts=[json.loads(text) for text in texts.dictionary.take(order).to_pylist()],
        titles=results.field("title").take(pa.array(voters)),
    )


def attribute_names(pieces: Iterable[Votes]) -> list[str]:
    """Every attribute there is, in the order of the queries that name most, then vote most."""
    counts = Counter[tuple[tuple[str, str], ...]]()
    for votes in pieces:
        cast = np.bincount(votes.said, minlength=len(votes.texts)).tolist()
        for text, count in zip(votes.texts, cast, strict=True):
            counts[tuple(text.items())] += count
    most = sorted(counts, key=lambda text: (-len(text), -counts[text], text))
    return list(dict.fromkeys(name for text in most for name, _ in text))


def candidates(votes: Votes, name: str) -> Candidates:
    """Count the votes for each value of an attribute."""
    named = [text.get(name) for text in votes.texts]
    values = sorted({value for value in named if value is not None})
    number = {value: place for place, value in enumerate(values)}
    numbers = [-1 if value is None else number[value] for value in named]
    said = np.array(numbers, np.int64)[votes.said]
    (voters,) = (said >= 0).nonzero()
    keys = votes.row[voters] * len(values) + said[voters]
    unique, first, counts = np.unique(keys, return_index=True, return_counts=True)
    row, value = np.divmod(unique, max(len(values), 1))
    nobody_looked = np.full(len(row), None, object)
    return Candidates(values, said, row, value, counts, voters[first], nobody_looked)


def titles_naming(votes: Votes, asked: Candidates, contested: Flags) -> Numbers:
    """How many votes have a title that names a candidate, and none of its rivals.

    Args:
        contested: the candidates that have rivals; of the others nothing is counted.
    """
    named = np.zeros(len(asked.row), np.int64)
    (rivals,) = contested.nonzero()
    begin, end = (np.searchsorted(votes.row, asked.row[rivals], side) for side in ("left", "right"))
    words = [_words(value) for value in asked.values]
    titles: dict[int, str] = {}
    only: dict[int, int] = {}  # vote -> the one candidate that its title names; -1: several
    for candidate, start, stop in zip(rivals.tolist(), begin.tolist(), end.tolist(), strict=True):
        for vote in range(start, stop):
            title = titles.get(vote) or titles.setdefault(vote, _words(votes.titles[vote].as_py()))
            if words[asked.value[candidate]] in title:
                only[vote] = -1 if vote in only else candidate
    for candidate in only.values():
        named[candidate] += candidate >= 0
    return named


def _words(text: str) -> str:
    """Lower-case words between single spaces, so that whole words are found."""
    return f" {_NO_WORD.sub(' ', text.casefold()).strip()} "
