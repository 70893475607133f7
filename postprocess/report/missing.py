"""What the page cannot show yet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Missing:
    """Why a part of the page is empty, and the command that fills it."""

    why: str  # "Not reviewed yet"
    command: str
