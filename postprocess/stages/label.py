"""What each image shows, as the results that led to it and to its copies say.

Every attribute is settled apart (see `postprocess.settling`). Its confidence is the share of its
votes that agree, smoothed: (agreeing + 1) / (votes + 2). What was seen of a colour is one vote
more, where it says yes or no.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from postprocess.colour_votes import agreements
from postprocess.labelling import confidence_texts, conflict_texts, label_texts
from postprocess.settling import AMBIGUOUS, Settled, agreeing, refuse_mixtures, settle
from postprocess.stage import TableStage
from postprocess.votes import Votes, attribute_names, candidates, read_votes

ROWS = 16_384  # settled at a time: of what that takes a million images would take a gigabyte


@dataclass(frozen=True)
class Label(TableStage):
    """Keeps an image if what its queries disagree in was settled, and its colour is not another."""

    name: ClassVar[str] = "label"
    version: ClassVar[int] = 3
    reasons: ClassVar[tuple[str, ...]] = (
        "ok",
        "conflict",  # the votes for an attribute disagree, and nothing settles it
        "unlabelled",  # no query that found the image names an attribute
        "wrong_colour",  # the colour asked for is not the one that `colour` saw
    )
    reads: ClassVar[Mapping[str, tuple[str, ...]]] = {"colour": ("seen", "possible")}
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("label", pa.string()),  # the attributes' values, "red ford mustang"
            pa.field("attributes", pa.string()),  # a JSON object
            pa.field("votes", pa.int32()),  # that contradict none of these values
            pa.field("confidence", pa.string()),  # JSON: attribute -> 0 to 1; the score: the least
            # JSON: attribute -> {"settled": one of `HOW`, "votes": {value: votes}}; null: none
            pa.field("conflicts", pa.string()),
            pa.field("colour", pa.string()),  # what `agrees` said of it; null: not asked for
        ]
    )

    colour: str = ""  # the attribute that is a colour; "" for none

    def judge(self, table: pa.Table) -> pa.Table:
        """One row per image in, one verdict row out; needs the column `found`."""
        names = attribute_names(read_votes(piece["found"].chunk(0)) for piece in _pieces(table))
        judged = (self._judged(piece, names) for piece in _pieces(table))
        return pa.concat_tables([self.schema().empty_table(), *judged])

    def _judged(self, table: pa.Table, names: Sequence[str]) -> pa.Table:
        votes = read_votes(table["found"].chunk(0))
        looked = self.colour if "seen" in table.column_names else ""
        settled = []
        for name in names:
            asked = candidates(votes, name)
            if name == looked:
                asked = replace(asked, seen=agreements(table, asked))
            settled.append(settle(votes, name, asked))
        refuse_mixtures(votes, settled)
        return pa.table(self._verdicts(table["id"], votes, settled), schema=self.schema())

    def _verdicts(
        self, ids: pa.ChunkedArray, votes: Votes, settled: Sequence[Settled]
    ) -> dict[str, Any]:
        labels, attributes = label_texts(settled, votes.rows)
        nothing = labels.is_null().to_numpy(zero_copy_only=False)
        ambiguous = np.any([nothing & False, *(one.how == AMBIGUOUS for one in settled)], axis=0)
        colour = np.full(votes.rows, None, object)
        for one in settled:
            if one.name == self.colour:
                colour = np.where(nothing | ambiguous, colour, one.seen)
        why = [nothing, ambiguous, colour == "reject"]
        reasons = np.select(why, ["unlabelled", "conflict", "wrong_colour"], "ok")
        least = np.fmin.reduce([np.full(votes.rows, np.nan), *(one.confidence for one in settled)])
        return {
            "id": ids,
            "keep": reasons == "ok",
            "reason": reasons,
            "score": pa.array(least, pa.float32(), from_pandas=True),
            "label": labels,
            "attributes": attributes,
            "votes": agreeing(votes, settled),
            "confidence": confidence_texts(settled, votes.rows),
            "conflicts": conflict_texts(settled, votes.rows),
            "colour": pa.array(colour, pa.string()),
        }


def _pieces(table: pa.Table) -> Iterator[pa.Table]:
    """Rows in so many tables of one chunk each, copied out of it one after the other."""
    for start in range(0, table.num_rows, ROWS):
        yield table.slice(start, ROWS).combine_chunks()
