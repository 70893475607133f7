"""A share counted in a sample, with the interval that says how far to trust it."""

import math
from dataclasses import dataclass

Z = 1.959963984540054  # 95 % of a normal distribution lies within this many deviations


@dataclass(frozen=True, slots=True)
class Proportion:
    """`hits` of `n`; unknown for n = 0.

    Raises:
        ValueError: not 0 <= hits <= n.
    """

    hits: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.n:
            raise ValueError(f"{self.hits} of {self.n} is no share")

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where nothing was counted."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval, from 0 to 1; all of it where nothing was counted."""
        if not self.n:
            return 0.0, 1.0
        share, weight = self.hits / self.n, Z * Z / self.n
        middle = (share + weight / 2) / (1 + weight)
        radius = Z / (1 + weight) * math.sqrt(share * (1 - share) / self.n + weight / self.n / 4)
        low = middle - radius if self.hits else 0.0
        high = middle + radius if self.hits < self.n else 1.0
        return low, high

    def __str__(self) -> str:
        if self.share is None:
            return "unknown (n = 0)"
        low, share, high = (100 * part for part in (self.interval[0], self.share, self.interval[1]))
        return f"{share:.1f} % (n = {self.n:,}, 95 % interval {low:.1f} to {high:.1f} %)"
