"""Which colour the thing in the middle of an image has; whether it is the right one `label` says.

The colour that was asked for is no part of an image: it is known where labels are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa

from postprocess import paint
from postprocess.pixels import DECODER, read_picture
from postprocess.stage import Image, ImageStage, Verdict

SIDE = 2 * paint.SIDES[0]


@dataclass(frozen=True)
class Colour(ImageStage):
    """Keeps every image that can be decoded, and writes down what colour it sees."""

    name: ClassVar[str] = "colour"
    needs: ClassVar[tuple[str, ...]] = ("verify",)  # which alone decodes where it may crash
    version: ClassVar[int] = paint.VERSION
    reasons: ClassVar[tuple[str, ...]] = ("ok", "undecodable")
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("seen", pa.string()),  # a family of postprocess.colours
            pa.field("possible", pa.list_(pa.string())),  # the families that are not excluded
        ]
    )
    prepare_in: ClassVar[Literal["process", "thread"]] = "thread"  # decoding leaves the GIL

    def identity(self) -> dict[str, Any]:
        """The parameters, and the decoder."""
        return {**super().identity(), "decoder": DECODER}

    def prepare(self, image: Image) -> paint.Paint:
        """Decode the image and look at its middle.

        Raises:
            Unread: there are no such bytes to judge.
            Whatever Pillow raises on a damaged file.
        """
        return paint.paint_of(read_picture(image.read(), SIDE))

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        """One verdict per image; the score is the share of the middle that shows the colour."""
        return [
            Verdict(True, "ok", seen.share, {"seen": seen.seen, "possible": sorted(seen.possible)})
            for seen in prepared
        ]
