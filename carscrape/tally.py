"""Counts of a running crawl, for the progress line and the conclusion."""

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

from carscrape.items import Outcome
from carscrape.ledger import Ledger


@dataclass
class Tally:
    """What was known when the run began, and what it added."""

    asked: int = 0  # queries (or phrases) that are planned
    answered: int = 0  # of these, how many are done
    urls: int = 0  # distinct image URLs known
    ended: int = 0  # of these, how many have their final outcome
    outcomes: Counter[Outcome] = field(default_factory=Counter)  # of this run
    began: float = field(default_factory=monotonic)
    ended_before: int = 0
    answered_before: int = 0

    @classmethod
    def of_images(cls, ledger: Ledger) -> "Tally":
        """Where an image search stands."""
        ((asked,),) = ledger.tally("select count(*) from page where number = 0")
        ((open_,),) = ledger.tally("select count(*) from page where verdict is null")
        ((urls, ended),) = ledger.tally("select count(*), coalesce(sum(final), 0) from image")
        done = asked - open_
        return cls(asked, done, urls, ended, ended_before=ended, answered_before=done)

    @classmethod
    def of_hits(cls, ledger: Ledger) -> "Tally":
        """Where a count of hits stands."""
        ((asked, open_),) = ledger.tally(
            "select count(*), coalesce(sum(verdict is null), 0) from hit "  # noqa: S608
            f"where {ledger.hits.current}"
        )
        return cls(asked, asked - open_, answered_before=asked - open_)

    def ended_as(self, outcome: Outcome, images: int = 1) -> None:
        """Count images that have their final outcome."""
        self.outcomes[outcome] += images
        self.ended += images

    def seconds_left(self) -> float | None:
        """Estimate how long the rest takes at this run's pace; None while nobody can know."""
        seconds = monotonic() - self.began
        estimates = []
        for known, done, before in (
            (self.asked, self.answered, self.answered_before),
            (self.urls, self.ended, self.ended_before),
        ):
            if done > before:
                estimates.append(seconds * (known - done) / (done - before))
            elif known > done:
                return None  # queries of which none is done yet may find any number of images
        return max(estimates) if estimates else None

    def line(self) -> str:
        """One line that says where the crawl stands."""
        seconds = max(monotonic() - self.began, 1e-9)
        parts = [f"{self.answered:,} of {self.asked:,} queries"]
        if self.urls:
            stored = self.outcomes[Outcome.STORED]
            parts.append(f"{stored:,} images stored")
            refused = [f"{n:,} {o}" for o, n in self.outcomes.most_common() if o != Outcome.STORED]
            if refused:
                parts.append(", ".join(refused[:4]) + (", …" if len(refused) > 4 else ""))
            parts.append(f"{(self.ended - self.ended_before) / seconds:.0f} images/s")
            parts.append(f"{self.urls - self.ended:,} images to go")
        left = self.seconds_left()
        if left and left >= 1:
            parts.append(f"about {duration(left)} left")
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """The time for people, in the largest unit that it has more than one of."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} days"
