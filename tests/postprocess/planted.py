"""A store of drawn cars in which wrong labels and off-topic pictures were planted, and the truth.

Of 300 pictures 30 have a wrong label and 30 show no car. Every right car is found by one to three
engines, one in five also as a smaller copy on another host. How the errors are planted, six of each
but for the last two:

- `colour`, `model`: found once, under another colour, or another model: nobody says the right one
- `colour_too`, `model_too`: found once so, and by as many as any car under the right label
- `copy_too`: a smaller copy of a car that is right is found under another model
- `thing` (20): a picture of something else, found once
- `logo` (10): one that turns up under three labels
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random

from PIL import Image
from stores import Found, make_store, sha

from carscrape.demo.pictures import BODIES, OTHER_KINDS, draw_car, draw_other
from carscrape.store import Store

RIGHT, WRONG, OFF_TOPIC = "right", "wrong label", "off topic"
CASES = {
    RIGHT: {"car": 240},
    WRONG: {"colour": 6, "model": 6, "colour_too": 6, "model_too": 6, "copy_too": 6},
    OFF_TOPIC: {"thing": 20, "logo": 10},
}
_COLOURS = ("red", "blue", "green", "yellow", "white", "black")
_MODELS = dict(zip(("mustang", "explorer", "ranger", "transit"), BODIES, strict=False))
_ENGINES = ("bing", "flickr", "wikimedia")

Attributes = dict[str, str]


@dataclass(frozen=True)
class Planted:
    """One picture that was planted, or is right."""

    kind: str
    case: str
    images: tuple[str, ...]  # sha256 of the picture and its smaller copy
    attributes: Attributes  # what it really shows; {}: no car


class Planter:
    """Makes the store; the same one every time."""

    def __init__(self, folder: Path, seed: int = 7) -> None:
        self._random = Random(seed)
        self._found: list[Found] = []
        self._hosts = 0
        self.pictures = list(self._all())
        self.store: Store = make_store(folder, self._found)

    def _all(self) -> Iterator[Planted]:
        number = 0
        for kind, cases in CASES.items():
            for case, count in cases.items():
                for _ in range(count):
                    number += 1
                    plant = self._no_car if kind == OFF_TOPIC else self._car
                    yield plant(kind, case, str(number))

    def _car(self, kind: str, case: str, seed: str) -> Planted:
        colour, model = self._random.choice(_COLOURS), self._random.choice(list(_MODELS))
        true = _attributes(colour, model)
        picture = draw_car(seed, _MODELS[model], colour)
        best = _jpeg(picture, 1.0)
        smaller = _jpeg(picture, 0.7)
        if case not in ("colour", "model"):
            self._show(best, true, self._random.sample(_ENGINES, self._random.randint(1, 3)))
            if self._random.random() < 0.2:
                self._show(smaller, true, ["bing"])
        if kind == WRONG:
            wrong = self._wrong(true, "color" if case.startswith("colour") else "model")
            self._show(smaller if case == "copy_too" else best, wrong, ["flickr"])
        return Planted(kind, case, (sha(best), sha(smaller)), true)

    def _no_car(self, kind: str, case: str, seed: str) -> Planted:
        content = _jpeg(draw_other(seed, self._random.choice(OTHER_KINDS)), 1.0)
        for _ in range(3 if case == "logo" else 1):
            label = _attributes(self._random.choice(_COLOURS), self._random.choice(list(_MODELS)))
            self._show(content, label, [self._random.choice(_ENGINES)])
        return Planted(kind, case, (sha(content),), {})

    def _wrong(self, true: Attributes, name: str) -> Attributes:
        values = _COLOURS if name == "color" else tuple(_MODELS)
        other = self._random.choice([value for value in values if value != true[name]])
        return {**true, name: other}

    def _show(self, content: bytes, label: Attributes, engines: list[str]) -> None:
        for engine in engines:
            self._hosts += 1
            url = f"https://{self._hosts}.example/car.jpg"
            self._found.append(Found(content, label, engine, url))


def _attributes(colour: str, model: str) -> Attributes:
    return {"color": colour, "make": "ford", "model": model}


def _jpeg(picture: Image.Image, scale: float) -> bytes:
    file = BytesIO()
    size = round(picture.width * scale), round(picture.height * scale)
    picture.resize(size).save(file, "JPEG", quality=88)
    return file.getvalue()
