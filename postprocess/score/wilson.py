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
        return wilson(self.share, self.n)

    def __str__(self) -> str:
        return in_words(self.share, self.n, self.interval)


def wilson(share: float | None, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share, from 0 to 1; all of it where none is known.

    Args:
        n: how many were counted; need not be whole.
    """
    if share is None:
        return 0.0, 1.0
    weight = Z * Z / n
    middle = (share + weight / 2) / (1 + weight)
    radius = Z / (1 + weight) * math.sqrt(share * (1 - share) / n + weight / n / 4)
    low = middle - radius if share > 0 else 0.0
    high = middle + radius if share < 1 else 1.0
    return low, high


def in_words(share: float | None, n: int, interval: tuple[float, float]) -> str:
    """A share in %, with what it was counted in and how far to trust it."""
    if share is None:
        return "unknown (n = 0)"
    low, middle, high = (100 * part for part in (interval[0], share, interval[1]))
    return f"{middle:.1f} % (n = {n:,}, 95 % interval {low:.1f} to {high:.1f} %)"
