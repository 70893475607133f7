"""Which value of an attribute an image has, where the votes name several.

What counts, in this order, and each only among the candidates that the one before has left:

1. what was seen: a colour that the picture plainly does not have is out;
2. a clear majority: twice the votes of the next, and two more;
3. titles: those that name one candidate and no rival all name the same.

Otherwise the image is ambiguous. So it is where values win that no query named together: a make
of one car and the model of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from postprocess.votes import Candidates, Flags, Numbers, Votes, titles_naming

HOW = ("", "seen", "votes", "titles", "ambiguous")
"""What ended a conflict; "" where there was none."""
SEEN, VOTES, TITLES, AMBIGUOUS = range(1, len(HOW))
TIMES, MORE = 2, 2
"""A clear majority has so many times the votes of the next candidate, and so many more."""


@dataclass(frozen=True)
class Settled:
    """One attribute of every image, by row."""

    name: str
    candidates: Candidates
    winner: Numbers  # a candidate; of an ambiguous conflict one with the most votes; -1: none named
    how: Numbers  # place in `HOW`

    @property
    def value(self) -> Numbers:
        """Which of the candidates' `values`; -1: none was named."""
        return np.append(self.candidates.value, -1)[self.winner]

    @property
    def seen(self) -> npt.NDArray[np.object_]:
        """What was seen says of the value."""
        return np.append(self.candidates.seen, [None])[self.winner]

    @property
    def confidence(self) -> npt.NDArray[np.float64]:
        """(agreeing votes + 1) / (votes + 2); what was seen is one vote more; nan: none named."""
        votes = np.zeros(len(self.winner), np.int64)
        np.add.at(votes, self.candidates.row, self.candidates.votes)
        agreeing = np.append(self.candidates.votes, 0)[self.winner]
        yes, no = self.seen == "keep", self.seen == "reject"
        share = (agreeing + yes + 1) / (votes + yes + no + 2)
        return np.where(self.winner < 0, np.nan, share)


def settle(votes: Votes, name: str, asked: Candidates) -> Settled:
    """Settle one attribute of every image."""
    out = asked.seen == "reject"
    left = ~out | (_per_row(votes, asked.row[~out]) == 0)[asked.row]
    winner, clear = _best(votes, asked, left)
    how = np.where(clear, VOTES, AMBIGUOUS)
    how[_per_row(votes, asked.row[left]) == 1] = SEEN
    how[_per_row(votes, asked.row) < 2] = 0
    named = titles_naming(votes, asked, left & (how == AMBIGUOUS)[asked.row]).nonzero()[0]
    alone = named[_per_row(votes, asked.row[named])[asked.row[named]] == 1]
    winner[asked.row[alone]] = alone
    how[asked.row[alone]] = TITLES
    return Settled(name, asked, winner, how)


def _per_row(votes: Votes, row: Numbers) -> Numbers:
    return np.bincount(row, minlength=votes.rows)


def _best(votes: Votes, asked: Candidates, left: Flags) -> tuple[Numbers, Flags]:
    """Each row's candidate with the most votes, the first found of several; is it a clear one?"""
    order = np.lexsort((asked.first, -asked.votes, ~left, asked.row))
    rows, starts = np.unique(asked.row[order], return_index=True)
    best = np.full(votes.rows, -1)
    best[rows] = order[starts]
    most, next_most = np.zeros((2, votes.rows), np.int64)
    most[rows] = asked.votes[order[starts]]
    second = np.append(order, -1)[starts + 1]
    is_rival = (second >= 0) & (asked.row[second] == rows) & left[second]
    next_most[rows[is_rival]] = asked.votes[second[is_rival]]
    return best, (most >= TIMES * next_most) & (most >= next_most + MORE)


def refuse_mixtures(votes: Votes, settled: Sequence[Settled]) -> None:
    """Make images ambiguous whose winners in several conflicts no vote names together."""
    conflicts = sum((one.how > 0 for one in settled), np.zeros(votes.rows, np.int64))
    together = np.ones(len(votes.row), bool)
    for one in settled:
        peaceful = one.how[votes.row] == 0
        together &= peaceful | (one.candidates.said == one.value[votes.row])
    mixed = (conflicts > 1) & (_per_row(votes, votes.row[together]) == 0)
    for one in settled:
        one.how[mixed & (one.how > 0)] = AMBIGUOUS


def agreeing(votes: Votes, settled: Sequence[Settled]) -> Numbers:
    """How many votes of each image name an attribute and contradict no value that won."""
    named, contradicts = np.zeros((2, len(votes.row)), bool)
    for one in settled:
        said = one.candidates.said
        named |= said >= 0
        contradicts |= (said >= 0) & (said != one.value[votes.row])
    return _per_row(votes, votes.row[named & ~contradicts])
