"""The drawn world: every query has results, most of them cars of its colour and body type."""

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

from carscrape.demo.chance import choose, unit, whole
from carscrape.demo.faults import content_of
from carscrape.demo.pictures import COLORS, OTHER_KINDS, draw_car, draw_other
from carscrape.demo.placeholder import draw_placeholder
from carscrape.demo.words import body_of, meaning, query_of, slug
from carscrape.demo.world import File, Truth, World

PLACEHOLDER = "placeholder"
PLACEHOLDERS = 5  # files that stand for "image not available" on the whole web
MOST_RESULTS = 1000
QUALITY = 85


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn for one result of a query."""

    kind: str
    original: str  # the seed of the drawing
    color: str = ""
    subject: str = ""
    other: str = ""  # a kind of thing that is no car

    @property
    def truth(self) -> Truth:
        """What it shows."""
        label = "" if self.other else f"{self.color} {self.subject}".strip()
        return Truth(self.kind, not self.other, self.original, label)


class DrawnWorld(World):
    """A world without end: any query works, and nothing of it is stored anywhere."""

    def count(self, query: str) -> int:
        """As many results as engines ever give if nothing may be wrong, else 60 to 259."""
        if self.faults == "none":
            return MOST_RESULTS
        return 60 + whole(self.seed, "count", query) % 200

    def key(self, query: str, rank: int) -> str:
        """Mostly a URL of its own; seldom the URL of a result of another query."""
        if self._content(query, rank) == "shared_url":
            query, rank = self._in_other_color(query, rank)
        return f"img/{slug(query)}/{rank}.jpg"

    def holds(self, key: str) -> bool:
        """Whether it is a query and a rank."""
        return _place(key) is not None

    def shows(self, key: str) -> Truth | None:
        """What the key's query and rank say."""
        place = _place(key)
        return self._drawing(*place).truth if place else None

    def file(self, key: str, as_png: bool = False) -> File:
        """The drawing as JPEG or PNG; it carries the name of its original, so no two are equal."""
        place = _place(key)
        assert place, key
        drawing = self._drawing(*place)
        image = self._draw(drawing)
        comment, quality = drawing.original, QUALITY
        if drawing.kind == "near_duplicate":
            scale = 0.5 + 0.4 * unit(self.seed, "scale", key)
            image = image.resize((int(image.width * scale), int(image.height * scale)))
            comment, quality = key, choose((45, 60, 75), self.seed, "quality", key)
        return _encoded(image, comment, quality, as_png)

    def _content(self, query: str, rank: int) -> str:
        return content_of(self.seed, self.faults, query, rank)

    def _draw(self, drawing: Drawing) -> Image.Image:
        seed = f"{self.seed} {drawing.original}"
        if drawing.other == PLACEHOLDER:
            return draw_placeholder(seed)
        if drawing.other:
            return draw_other(seed, drawing.other)
        return draw_car(seed, body_of(self.seed, drawing.subject), drawing.color)

    def _drawing(self, query: str, rank: int) -> Drawing:
        content = self._content(query, rank)
        if content == PLACEHOLDER:
            which = whole(self.seed, PLACEHOLDER, query, rank) % PLACEHOLDERS
            return Drawing(content, f"{PLACEHOLDER}/{which}", other=PLACEHOLDER)
        if content == "off_topic":
            other = choose(OTHER_KINDS, self.seed, "other", query, rank)
            return Drawing(content, f"{query}/{rank}", other=other)
        if content in ("duplicate", "near_duplicate"):
            return self._car(content, query, self._plain_rank(query, rank))
        if content == "two_labels":
            return self._car(content, *self._in_other_color(query, rank))
        return self._car("car" if content == "shared_url" else content, query, rank)

    def _car(self, kind: str, query: str, rank: int) -> Drawing:
        said = meaning(query)
        color = said.color or choose(tuple(COLORS), self.seed, "color", query, rank)
        if kind == "wrong_color":
            color = _other_color(color, self.seed, query, rank)
        return Drawing(kind, f"{query}/{rank}", color, said.subject)

    def _plain_rank(self, query: str, rank: int) -> int:
        """The rank of another result of the query that is just a car, if it has one."""
        count = self.count(query)
        start = whole(self.seed, "copy", query, rank) % count
        for step in range(count):
            other = (start + step) % count
            if other != rank and self._content(query, other) == "car":
                return other
        return rank

    def _in_other_color(self, query: str, rank: int) -> tuple[str, int]:
        """A result that is just a car, of the same query in another colour."""
        said = meaning(query)
        color = _other_color(said.color, self.seed, "shared", query, rank)
        other = f"{color} {said.subject}".strip()
        return other, self._plain_rank(other, -1 - rank)


def _other_color(color: str, *name: object) -> str:
    return choose([other for other in COLORS if other != color], "color", *name)


def _place(key: str) -> tuple[str, int] | None:
    """The query and rank in a key such as `img/red_ford_mustang/12.jpg`."""
    match key.split("/"):
        case ["img", words, name] if name.endswith(".jpg"):
            rank = name.removesuffix(".jpg")
            if rank.isascii() and rank.isdecimal() and int(rank) < MOST_RESULTS:
                return query_of(words), int(rank)
    return None


def _encoded(image: Image.Image, comment: str, quality: int, as_png: bool) -> File:
    buffer = io.BytesIO()
    if as_png:
        image.save(buffer, "PNG", compress_level=1)
        return File(buffer.getvalue(), "image/png")
    options: dict[str, Any] = {"quality": quality, "comment": comment.encode()}
    image.save(buffer, "JPEG", **options)
    return File(buffer.getvalue(), "image/jpeg")
