"""What a demo web holds: which results a query has, and what a URL shows."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from carscrape.demo.faults import OBTAINABLE, fault_of


@dataclass(frozen=True, slots=True)
class Truth:
    """What an image URL really leads to."""

    kind: str  # e.g. "car", "off_topic"; in photos mode the folder, e.g. "junk/toy_car"
    good: bool  # belongs in a dataset of road vehicles
    original: str  # the same for all copies of one picture
    label: str  # e.g. "red ford mustang"; "" where it shows no vehicle of known name


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of an image, with the Content-Type an honest server gives them."""

    content: bytes
    type: str


class World(ABC):
    """All answers are functions of the seed, the fault mode and the arguments."""

    def __init__(self, seed: int, faults: str) -> None:
        self.seed = seed
        self.faults = faults

    @abstractmethod
    def count(self, query: str) -> int:
        """How many results a canonical query has."""

    @abstractmethod
    def key(self, query: str, rank: int) -> str:
        """The key of the image that a query lists at a rank, from 0."""

    @abstractmethod
    def holds(self, key: str) -> bool:
        """Whether there is an image with this key."""

    @abstractmethod
    def shows(self, key: str) -> Truth | None:
        """What the image with this key shows; None if there is no such image."""

    @abstractmethod
    def file(self, key: str, as_png: bool = False) -> File:
        """The image with this key; drawn ones also as PNG. It must be one it `holds`."""

    def fault(self, key: str) -> str:
        """How the URL of the image answers: a name of `faults.FAULTS`, or "fine"."""
        return fault_of(self.seed, self.faults, key)

    def truth(self, key: str) -> Truth | None:
        """As `shows`, but good only if the image can be had without bad manners."""
        shown = self.shows(key)
        if shown is None or not shown.good or self.fault(key) in OBTAINABLE:
            return shown
        return Truth(shown.kind, False, shown.original, shown.label)
