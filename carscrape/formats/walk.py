"""What reading an image file may cost, and how it ends where it costs more or the file is no good.

The readers beside, one per format, step from part to part of a file and never look at pixels.
Each finds the size in pixels, and raises Unfit where a limit is passed or the file breaks off; one
that reads past the end of the body raises IndexError or struct.error, which means the same. Every
step is counted by a `Walk`, so a file of six million tiny parts costs milliseconds.
"""

from dataclasses import dataclass

from carscrape.items import Outcome

MOST_PARTS = 20_000
"""Segments, chunks, boxes or blocks a file may consist of; a large PNG has a few thousand."""


class Unfit(Exception):  # noqa: N818
    """The body is not an image we store; `outcome` and `detail` say why."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """What an image may declare: pixels, frames, and bytes of metadata (inflated)."""

    pixels: int
    frames: int
    metadata: int


class Walk:
    """One file on its way through its reader: where it ends, and what it has cost so far."""

    def __init__(self, body: bytes, limits: Limits) -> None:
        self.body = body
        self.limits = limits
        self.size = (0, 0)  # width and height in pixels, once the reader has found them
        self.frames = 0
        self.metadata = 0  # bytes
        self.parts = 0

    def part(self, count: int = 1) -> None:
        """Count parts of the file.

        Raises:
            Unfit: there are too many; likewise in the methods below.
        """
        self.parts += count
        if self.parts > MOST_PARTS:
            raise Unfit(Outcome.TOO_LARGE, f"more than {MOST_PARTS:,} segments")

    def frame(self) -> None:
        """Count a frame."""
        self.frames += 1
        if self.frames > self.limits.frames:
            raise Unfit(Outcome.TOO_LARGE, f"more than {self.limits.frames:,} frames")

    def declared_frames(self, count: int) -> None:
        """Take the number of frames that the file says it has."""
        if count > self.limits.frames:
            raise Unfit(Outcome.TOO_LARGE, f"{count:,} frames")

    def meta(self, count: int) -> None:
        """Count bytes that are not pixels."""
        self.metadata += count
        if self.metadata > self.limits.metadata:
            most = self.limits.metadata / 2**20
            raise Unfit(Outcome.TOO_LARGE, f"more than {most:.3g} MiB of metadata")

    def area(self, width: int, height: int) -> None:
        """Take a size in pixels that the file declares."""
        if width <= 0 or height <= 0:
            raise broken(f"{width} x {height} pixels")
        if width * height > self.limits.pixels:
            raise Unfit(Outcome.TOO_MANY_PIXELS, f"{width} x {height} pixels")


def broken(what: str) -> Unfit:
    """A header of an allowed type that contradicts itself."""
    return Unfit(Outcome.TRUNCATED, f"broken header: {what}")


def cut_short(body: bytes) -> Unfit:
    """A file that has no end."""
    return Unfit(Outcome.TRUNCATED, f"ends too early, after {len(body):,} bytes")
