"""What the colours that were seen say of the colours that queries name, for a million images."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from postprocess.colours import agrees
from postprocess.votes import Candidates, Numbers


def agreements(table: pa.Table, asked: Candidates) -> npt.NDArray[np.object_]:
    """What `colours.agrees` says of each candidate.

    Args:
        table: the colour stage's columns `seen` and `possible`, one row per image.
    """
    looks, numbers = _looks(table)
    pairs = asked.value * len(looks) + numbers[asked.row]
    unique, places = np.unique(pairs, return_inverse=True)
    said = np.full(len(unique), None, object)
    for place, pair in enumerate(unique.tolist()):
        value, look = divmod(pair, len(looks))
        said[place] = agrees(asked.values[value], *looks[look])
    return said[places]


def _looks(table: pa.Table) -> tuple[list[tuple[str | None, list[str]]], Numbers]:
    """The different looks there are, and which of them each image has."""
    seen = pc.fill_null(table["seen"].cast(pa.string()), "")
    possible = pc.fill_null(pc.binary_join(table["possible"], " "), "")
    texts = pc.binary_join_element_wise(seen, possible, "|").combine_chunks().dictionary_encode()
    parts = [text.partition("|") for text in texts.dictionary.to_pylist()]
    looks = [(one or None, others.split()) for one, _, others in parts]
    return looks, texts.indices.to_numpy().astype(np.int64)
