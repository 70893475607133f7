"""What became of the URLs that img2dataset was sent, in numbers that add up."""

from collections import Counter
from dataclasses import dataclass, field

from carscrape.items import Outcome


@dataclass
class Tally:
    """Every URL in `sent` is in exactly one of `ended`, `before`, `without_url` and `lost`."""

    shards: int = 0
    sent: int = 0
    ended: Counter[str] = field(default_factory=Counter)  # now; outcome -> URLs
    before: Counter[str] = field(default_factory=Counter)  # how those had ended that were left
    without_url: int = 0
    lost: int = 0  # that img2dataset counted and wrote no row of
    reencoded: int = 0  # of those stored now
    strange_findings: int = 0  # rows whose column `findings` is none of ours

    def lines(self) -> list[str]:
        """It in words, a line each."""
        stored = self.ended[Outcome.STORED]
        reasons = [f"{k} {n:,}" for k, n in self.ended.most_common() if k != Outcome.STORED]
        if self.before:
            how = ", ".join(f"{k} {n:,}" for k, n in self.before.most_common())
            reasons.append(f"ended before {self.before.total():,} ({how})")
        reasons += [f"without a URL {self.without_url:,}"] if self.without_url else []
        reasons += [f"in no row {self.lost:,}"] if self.lost else []
        lines = [
            f"{self.sent:,} URLs that img2dataset was sent, in {self.shards:,} shards: "
            + ", ".join([f"stored {stored:,}", *reasons])
        ]
        if self.reencoded:
            lines.append(f"re-encoded by img2dataset: {self.reencoded:,} of those stored")
        if self.strange_findings:
            lines.append(f"with findings that cannot be read: {self.strange_findings:,}")
        return lines
