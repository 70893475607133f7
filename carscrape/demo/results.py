"""What a query finds: the rows of its result pages, whatever their layout."""

from dataclasses import dataclass

from carscrape.demo.chance import choose, unit
from carscrape.demo.web import PAGE, THUMB, image_url, url_under
from carscrape.demo.world import World

_TITLES = (
    "{query}",
    "{query} for sale",
    "Used {query} | photos & prices",
    "{query} - review, “first drive”",
    "{query}: gallery",
)
_HOSTILE_TITLES = (
    '{query} <script>alert("title")</script>',
    '=HYPERLINK("http://10.0.0.1/","{query}")',
    "{query}\r\n\x1b[31mnot a new line",
    "{query}\u202egpj.exe",
)
_LICENCES = ("", "", "", "CC BY 4.0", "CC BY-SA 4.0", "CC0 1.0")
_SIZES = ((320, 240), (400, 300), (480, 360), (640, 480), (1600, 1200))


@dataclass(frozen=True, slots=True)
class Row:
    """One result as an engine tells it. Sizes are pixels, and as engines' are, often wrong."""

    image: str
    page: str
    title: str
    thumbnail: str
    width: int
    height: int
    licence: str


def rows(world: World, query: str, first: int, number: int, port: int) -> list[Row]:
    """The results of a canonical query from rank `first` (from 0) on, at most `number`."""
    ranks = range(first, min(first + number, world.count(query)))
    return [_row(world, query, rank, port) for rank in ranks]


def _row(world: World, query: str, rank: int, port: int) -> Row:
    key = world.key(query, rank)
    width, height = choose(_SIZES, "size", key)
    return Row(
        image=image_url(key, world.fault(key), port),
        page=url_under(PAGE, key, port),
        title=_title(world, query, rank),
        thumbnail=url_under(THUMB, key, port),
        width=width,
        height=height,
        licence=choose(_LICENCES, "licence", key),
    )


def _title(world: World, query: str, rank: int) -> str:
    odd = world.faults == "hostile" and unit(world.seed, "odd title", query, rank) < 0.05
    form = choose(_HOSTILE_TITLES if odd else _TITLES, "title", query, rank)
    return form.format(query=query)
