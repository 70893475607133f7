"""AVIF: metadata is made blank where it lies, since pixels are found by their place in the file."""

from collections.abc import Iterator
from struct import unpack_from

from postprocess.metadata.exif import NOTHING

_PERSONAL = frozenset((b"Exif", b"mime", b"uri "))  # kinds of items; XMP is a mime
_UNNEEDED = frozenset((b"uuid", b"udta", b"free", b"skip"))  # kinds of boxes
_NESTED = frozenset((b"moov", b"trak"))

Span = tuple[int, int]  # where something starts and ends
Box = tuple[bytes, int, int]  # kind, and where its content starts and ends


def strip(content: bytes, _: int) -> bytes:
    """The picture, as long as it was; its orientation is no metadata.

    Raises:
        ValueError, struct.error: its boxes do not hold together.
    """
    body = bytearray(content)
    for kind, spans in _metadata(content, 0, len(content)):
        _blank(body, kind, spans)
    return bytes(body)


def _blank(body: bytearray, kind: bytes, spans: list[Span]) -> None:
    for number, (start, end) in enumerate(spans):
        empty = bytes(4) + NOTHING if kind == b"Exif" and number == 0 else b""
        body[start:end] = empty.ljust(end - start, b"\0")[: end - start]


def _boxes(content: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes that follow each other from start to end."""
    while start + 8 <= end:
        size, kind = unpack_from(">I4s", content, start)
        inside = start + 8
        if size == 1:
            (size,) = unpack_from(">Q", content, inside)
            inside += 8
        stop = start + size if size else end
        if not inside <= stop <= end:
            raise ValueError(f"a box of {size} bytes")
        yield kind, inside, stop
        start = stop


def _metadata(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, list[Span]]]:
    """Kind and places of everything personal, in films and their tracks too."""
    for kind, at, stop in _boxes(content, start, end):
        if kind in _UNNEEDED:
            yield kind, [(at, stop)]
        elif kind == b"meta":
            yield from _items(content, at + 4, stop)
        elif kind in _NESTED:
            yield from _metadata(content, at, stop)


def _items(content: bytes, start: int, end: int) -> Iterator[tuple[bytes, list[Span]]]:
    """Kind and places of every personal item of a meta box."""
    kinds: dict[int, bytes] = {}
    places: dict[int, list[Span]] = {}
    boxes = {kind: (at, stop) for kind, at, stop in _boxes(content, start, end)}
    if b"iinf" in boxes:
        kinds = dict(_kinds(content, *boxes[b"iinf"]))
    if b"iloc" in boxes:
        stored = boxes.get(b"idat", (0, 0))[0]
        places = dict(_places(content, boxes[b"iloc"][0], stored))
    for item, kind in kinds.items():
        if kind in _PERSONAL:
            yield kind, places.get(item, [])


def _kinds(content: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Number and kind of every item."""
    for _, at, _ in _boxes(content, start + (8 if content[start] else 6), end):
        version = content[at]
        if version in (2, 3):
            layout = ">4xHxx4s" if version == 2 else ">4xIxx4s"
            yield unpack_from(layout, content, at)


def _places(content: bytes, at: int, stored: int) -> Iterator[tuple[int, list[Span]]]:
    """Number and places of every item; `stored` is where the box that some lie in begins."""
    version, sizes = unpack_from(">B3xH", content, at)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2  # bytes of numbers
    reader = _Numbers(content, at + 6)
    for _ in range(reader.next(wide)):
        item = reader.next(wide)
        method = reader.next(2) & 15 if version else 0
        reader.next(2)
        begin = reader.next(base) + (stored if method == 1 else 0)
        spans = []
        for _ in range(reader.next(2)):
            reader.next(index if version else 0)
            start = begin + reader.next(offset)
            spans.append((start, start + reader.next(length)))
        yield item, spans


class _Numbers:
    """Reads one number after the other."""

    def __init__(self, content: bytes, at: int) -> None:
        self._content, self._at = content, at

    def next(self, size: int) -> int:
        """The next number, of so many bytes; 0 for none."""
        start, self._at = self._at, self._at + size
        if self._at > len(self._content):
            raise ValueError("a table that reaches over the end")
        return int.from_bytes(self._content[start : self._at])
