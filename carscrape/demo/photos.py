"""The world of real photos: a folder of labelled pictures, dealt out to queries.

The folder holds `cars`, `vehicles`, `imagenet`, `junk` and `bad`, each with an INDEX.tsv whose
column `file` names its files. A query that is a car's label finds the photos of that label and its
dealt share of all others, so all labels together find every file.
"""

import csv
import hashlib
import mimetypes
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote, unquote

from carscrape.demo.chance import whole
from carscrape.demo.words import canonical
from carscrape.demo.world import File, Truth, World

ROAD_VEHICLES = {
    "ambulance": "n02701002",
    "beach_wagon": "n02814533",
    "cab": "n02930766",
    "convertible": "n03100240",
    "fire_engine": "n03345487",
    "garbage_truck": "n03417042",
    "jeep": "n03594945",
    "limousine": "n03670208",
    "minibus": "n03769881",
    "minivan": "n03770679",
    "model_t": "n03777568",
    "moving_van": "n03796401",
    "pickup": "n03930630",
    "police_van": "n03977966",
    "racer": "n04037443",
    "recreational_vehicle": "n04065272",
    "school_bus": "n04146614",
    "snowplow": "n04252225",
    "sports_car": "n04285008",
    "tow_truck": "n04461696",
    "trailer_truck": "n04467665",
    "trolleybus": "n04487081",
}
"""The ImageNet classes of road vehicles."""

_SETS = ("cars", "vehicles", "imagenet", "junk", "bad")
_SYNSETS = frozenset(ROAD_VEHICLES.values())


class PhotoError(Exception):
    """A folder that holds no such photos; the text is for people."""


@dataclass(frozen=True, slots=True)
class Photo:
    """One file, and what its index says of it."""

    name: str  # relative to the folder, with slashes
    kind: str
    good: bool
    label: str

    @property
    def key(self) -> str:
        """The end of its URL."""
        return f"photo/{quote(self.name)}"


class PhotoWorld(World):
    """A world that holds what a folder holds."""

    def __init__(self, seed: int, faults: str, folder: Path) -> None:
        """Read the indexes.

        Raises:
            PhotoError: none is there, or one cannot be read, or no car has a label.
        """
        super().__init__(seed, faults)
        self.folder = folder
        self.photos = {photo.name: photo for photo in _read_indexes(folder)}

    @cached_property
    def labels(self) -> list[str]:
        """The labels of the cars: the queries that together find everything."""
        return sorted({photo.label for photo in self.photos.values() if photo.kind == "cars"})

    @cached_property
    def hands(self) -> dict[str, list[str]]:
        """Canonical query -> the keys it finds, in the order of their ranks."""
        hands: dict[str, list[str]] = defaultdict(list)
        for photo in self.photos.values():
            if photo.kind == "cars":
                hands[canonical(photo.label)].append(photo.key)
        labels = sorted(hands)
        others = [photo.key for photo in self.photos.values() if photo.kind != "cars"]
        for place, key in enumerate(sorted(others, key=self._shuffle)):
            hands[labels[place % len(labels)]].append(key)
        return {label: sorted(hands[label], key=self._shuffle) for label in labels}

    def _shuffle(self, key: str) -> int:
        return whole(self.seed, "deal", key)

    def count(self, query: str) -> int:
        """How many photos the label has; 0 for anything else."""
        return len(self.hands.get(query, ()))

    def key(self, query: str, rank: int) -> str:
        """A photo's name."""
        return self.hands[query][rank]

    def holds(self, key: str) -> bool:
        """Whether an index names it."""
        return self._photo(key) is not None

    def shows(self, key: str) -> Truth | None:
        """What the index says; equal files are copies of one original."""
        photo = self._photo(key)
        if photo is None:
            return None
        original = hashlib.sha256(self._read(photo)).hexdigest()[:16]
        return Truth(photo.kind, photo.good, original, photo.label)

    def file(self, key: str, as_png: bool = False) -> File:
        """The file as it is, with the type its name claims."""
        photo = self._photo(key)
        assert photo, key
        claimed, _ = mimetypes.guess_type(photo.name)
        return File(self._read(photo), claimed or "image/jpeg")

    def _photo(self, key: str) -> Photo | None:
        return self.photos.get(unquote(key.removeprefix("photo/")))

    def _read(self, photo: Photo) -> bytes:
        return (self.folder / photo.name).read_bytes()


def _read_indexes(folder: Path) -> list[Photo]:
    indexes = [folder / name / "INDEX.tsv" for name in _SETS]
    try:
        photos = [photo for path in indexes if path.exists() for photo in _photos(path)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PhotoError(f"cannot read the indexes in {folder}: {error}") from error
    except KeyError as error:
        raise PhotoError(f"an INDEX.tsv in {folder} lacks the column {error}") from error
    for photo in photos:
        if not (folder / photo.name).is_file():
            raise PhotoError(f"an INDEX.tsv in {folder} names {photo.name}, which is not there")
    if not any(photo.kind == "cars" for photo in photos):
        raise PhotoError(
            f"{folder} holds no labelled cars: expected cars/INDEX.tsv with file, make_model_year"
        )
    return photos


def _photos(index: Path) -> Iterator[Photo]:
    group = index.parent.name
    with index.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            kind, good, label = _judged(group, row)
            yield Photo(f"{group}/{row['file']}", kind, good, label)


def _judged(group: str, row: dict[str, str]) -> tuple[str, bool, str]:
    """The kind of a photo, whether it shows a road vehicle, and its label."""
    match group:
        case "cars":
            return group, True, row["make_model_year"]
        case "vehicles":
            return f"{group}/{row['label']}", row["label"] != "motorcycle", row["label"]
        case "imagenet":
            vehicle = row["synset"] in _SYNSETS
            return f"{group}/{'vehicle' if vehicle else 'other'}", vehicle, row["label"]
        case "junk":
            return f"{group}/{row['label']}", False, ""
    return group, False, ""
