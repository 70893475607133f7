"""What one kind of comparison found."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Check:
    """One kind of comparison between images of different splits."""

    name: str
    pairs: int  # compared
    leaks: list[tuple[str, str]]  # sha256 (hex) of either image
    exempt: dict[str, int] = field(default_factory=dict)  # what the rules let pass -> how many
