"""The boxes of an AVIF file: its size, its frames, and whether every box is there to its end."""

from collections.abc import Iterator
from struct import unpack_from

from carscrape.formats.walk import Walk, broken, cut_short

_BRANDS = frozenset({b"avif", b"avis"})
_CONTAINERS = frozenset({b"mif1", b"msf1"})  # HEIF's, used by AVIF and others

Box = tuple[bytes, int, int]  # kind, and where its content starts and ends


def is_avif(head: bytes) -> bool:
    """Whether a file that begins so says that it is AVIF."""
    if head[4:8] != b"ftyp" or head[8:12] not in _BRANDS | _CONTAINERS:
        return False
    end = min(int.from_bytes(head[:4]), len(head), 256)  # a dozen brands are many
    return any(head[at : at + 4] in _BRANDS for at in (8, *range(16, end, 4)))


def avif(walk: Walk) -> None:
    """Boxes up to the end."""
    pixels = False
    for kind, start, end in _boxes(walk, 0, len(walk.body)):
        if kind == b"mdat":
            pixels = True
            continue
        walk.meta(end - start)
        if kind == b"meta":
            _picture(walk, start + 4, end)
            pixels |= any(_inside(walk, start + 4, end, b"idat"))
        elif kind == b"moov":
            for _, *track in _inside(walk, start, end, b"trak"):
                _track(walk, *track)
    if not pixels:
        raise cut_short(walk.body)
    if not any(walk.size):
        raise broken("no size")


def _boxes(walk: Walk, start: int, end: int) -> Iterator[Box]:
    """The boxes that follow each other from start to end."""
    while start < end:
        walk.part()
        size, kind = unpack_from(">I4s", walk.body, start)
        content = start + 8
        if size == 1:
            (size,) = unpack_from(">Q", walk.body, content)
            content += 8
        stop = start + size if size else end
        if stop > end:
            raise cut_short(walk.body)
        if stop < content:
            raise broken(f"box of {size} bytes")
        yield kind, content, stop
        start = stop


def _inside(walk: Walk, start: int, end: int, kind: bytes, *path: bytes) -> Iterator[Box]:
    """Every box on a path of kinds."""
    for box in _boxes(walk, start, end):
        if box[0] == kind:
            yield from _inside(walk, *box[1:], *path) if path else (box,)


def _picture(walk: Walk, start: int, end: int) -> None:
    """The size of the primary item: one of the properties, which items share."""
    primary = 0
    sizes: dict[int, tuple[int, int]] = {}
    owned: list[tuple[int, int]] = []  # item, number of a property
    for kind, at, stop in _boxes(walk, start, end):
        if kind == b"pitm":
            (primary,) = unpack_from(">4xI" if walk.body[at] else ">4xH", walk.body, at)
        elif kind == b"iprp":
            for table, content, table_end in _boxes(walk, at, stop):
                if table == b"ipco":
                    sizes = _sizes(walk, content, table_end)
                elif table == b"ipma":
                    owned += _owned(walk, content)
    for item, number in owned:
        if item == primary and number in sizes:
            walk.size = sizes[number]


def _sizes(walk: Walk, start: int, end: int) -> dict[int, tuple[int, int]]:
    """Those properties that are sizes, by their number."""
    sizes = {}
    for number, (kind, at, _) in enumerate(_boxes(walk, start, end), 1):
        if kind == b"ispe":
            sizes[number] = size = unpack_from(">4xII", walk.body, at)
            walk.area(*size)
    return sizes


def _owned(walk: Walk, at: int) -> Iterator[tuple[int, int]]:
    """Which item has which property, by its number."""
    version, flags, items = unpack_from(">B2xBI", walk.body, at)
    layout, wide = (">IB", 5) if version else (">HB", 3)
    number, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)  # bytes
    at += 8
    for _ in range(items):
        item, count = unpack_from(layout, walk.body, at)
        walk.part(1 + count)
        at += wide
        for _ in range(count):
            yield item, int.from_bytes(walk.body[at : at + number]) & mask
            at += number


def _track(walk: Walk, start: int, end: int) -> None:
    """The size and the frames of one track of a moving picture."""
    for _, _, stop in _inside(walk, start, end, b"tkhd"):
        width, height = unpack_from(">HxxH", walk.body, stop - 8)  # of 16.16 bits
        if width and height:
            walk.area(width, height)
            if not any(walk.size):
                walk.size = width, height
    for _, at, _ in _inside(walk, start, end, b"mdia", b"minf", b"stbl", b"stsz"):
        walk.declared_frames(*unpack_from(">8xI", walk.body, at))
