"""Which world a seed, a fault mode and a folder of photos mean."""

from pathlib import Path

from carscrape.demo.drawn import DrawnWorld
from carscrape.demo.photos import PhotoWorld
from carscrape.demo.world import World


def make_world(seed: int, faults: str, photos: Path | None) -> World:
    """The photos of the folder, or drawings if there is none.

    Raises:
        PhotoError: the folder holds no such photos.
    """
    return PhotoWorld(seed, faults, photos) if photos else DrawnWorld(seed, faults)
