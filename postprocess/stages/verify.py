"""Whether an image can be decoded to its last byte, and what a cheap look at it tells.

Of an animation only the first frame is ever used, but damage in a later one still means that the
file did not arrive whole: frames are decoded up to `max_pixels` in all. A JPEG's thumbnail and the
further pictures of an MPO are not looked at.

What cannot be seen: changed bytes in a BMP, GIF, WebP or AVIF that leave its structure whole, since
only PNG carries checksums; changed bytes in a JPEG that happen to be valid codes, and four in ten
holes in the refining scans of a progressive one.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar

import pyarrow as pa
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from postprocess.decoding import DECODERS_USED, decode, decode_rest
from postprocess.image_end import bytes_after
from postprocess.looks import Looks, look
from postprocess.pictures import DAMAGED, DECODERS, MIME_TYPES, orientation, see_through
from postprocess.signature import SIGNATURE_COLUMNS, sign
from postprocess.stage import Image, ImageStage, Verdict

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM")
_Finding = tuple[str, float | None]  # a reason, and what was measured against its limit
_OK: _Finding = ("ok", None)


@dataclass(frozen=True)
class Verify(ImageStage):
    """Decodes the image once, in a child process, and looks at its size and its pixels."""

    name: ClassVar[str] = "verify"
    version: ClassVar[int] = 3
    reasons: ClassVar[tuple[str, ...]] = (
        "ok",
        "undecodable",  # truncated or damaged
        "type_not_allowed",
        "too_small",
        "too_many_pixels",
        "odd_shape",
        "trailing",  # too many bytes after the end of the image
        "single_colour",
        "placeholder",  # "image not available"
        "drawing",  # or a logo
        "decoder_failed",  # crashed, hung, or took too much memory
    )
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("type", pa.string()),  # MIME type
            pa.field("width", pa.int32()),  # pixels, as stored
            pa.field("height", pa.int32()),
            pa.field("frames", pa.int32()),
            pa.field("bytes", pa.int64()),
            pa.field("trailing", pa.int64()),  # bytes after the end of the image; null: not known
            pa.field("orientation", pa.int8()),  # EXIF's number; 1: upright
            pa.field("transparent", pa.bool_()),  # in any pixel
            pa.field("red", pa.uint8()),  # mean, on white
            pa.field("green", pa.uint8()),
            pa.field("blue", pa.uint8()),
            pa.field("bits_per_pixel", pa.float32()),  # of the file, without what trails
            pa.field("drawing", pa.float32()),  # 0 to 1
            pa.field("placeholder", pa.float32()),  # 0 to 1
            pa.field("detail", pa.string()),  # what the decoder said
            *SIGNATURE_COLUMNS,
        ]
    )
    failed: ClassVar[str] = "decoder_failed"
    deadline: ClassVar[float] = 10.0

    min_side: int = 48  # pixels
    max_pixels: int = 40_000_000
    max_aspect: float = 5.0  # long side by short side
    strict: bool = True  # libjpeg's warnings count as damage
    max_trailing: int | None = None  # bytes; None: however many
    max_flat: float = 0.98  # share of one colour
    max_placeholder: float = 0.45
    max_drawing: float | None = None  # None: however much like a drawing

    def identity(self) -> dict[str, Any]:
        """The parameters, and the decoders that judge with them."""
        return {**super().identity(), "decoders": DECODERS_USED}

    def prepare(self, image: Image) -> Verdict:
        """Read and decode the file; the whole verdict is made here, in the child.

        Raises:
            Unread: there are no such bytes to judge.
        """
        content = image.read()
        columns: dict[str, Any] = {"bytes": len(content)}
        with warnings.catch_warnings(action="ignore"):
            reason, score = self._finding(content, columns)
        return Verdict(reason == "ok", reason, score, columns)

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        """The verdicts as `prepare` made them."""
        return list(prepared)

    def _finding(self, content: bytes, columns: dict[str, Any]) -> _Finding:
        """Find the reason, and fill in the columns on the way."""
        try:
            with Pillow.open(BytesIO(content), formats=DECODERS) as picture:
                columns["type"] = MIME_TYPES[picture.format or ""]
                columns["width"], columns["height"] = picture.size
                finding = self._size_finding(*picture.size)
                return self._decoded(content, picture, columns) if finding == _OK else finding
        except Pillow.DecompressionBombError:
            return "too_many_pixels", None
        except UnidentifiedImageError:
            claims = _claims_allowed_type(content)
            return "undecodable" if claims else "type_not_allowed", None
        except DAMAGED as error:
            columns["detail"] = f"{type(error).__name__}: {error}"[:200]
            return "undecodable", None

    def _size_finding(self, width: int, height: int) -> _Finding:
        short, long = sorted((width, height))
        if width * height > self.max_pixels:
            return "too_many_pixels", width * height
        if short < self.min_side:
            return "too_small", short
        if long > self.max_aspect * short:
            return "odd_shape", long / short
        return _OK

    def _decoded(self, content: bytes, picture: Pillow.Image, columns: dict[str, Any]) -> _Finding:
        """Decode all that counts, and look at the first frame.

        Raises:
            One of `DAMAGED`: it is damaged.
        """
        pixels = picture.width * picture.height  # before a draft changes them
        columns["frames"] = frames = getattr(picture, "n_frames", 1)
        rgb = decode(content, picture, self.strict)
        columns["orientation"] = orientation(picture)
        columns["transparent"] = see_through(picture)
        decode_rest(content, picture, min(frames, self.max_pixels // pixels))
        columns["trailing"] = trailing = bytes_after(content, picture.format or "")
        columns["bits_per_pixel"] = 8 * (len(content) - (trailing or 0)) / pixels
        looks = look(rgb)
        columns["red"], columns["green"], columns["blue"] = looks.mean
        columns |= {"drawing": looks.drawing, "placeholder": looks.placeholder, **sign(rgb)}
        return self._looks_finding(trailing or 0, looks)

    def _looks_finding(self, trailing: int, looks: Looks) -> _Finding:
        if self.max_trailing is not None and trailing > self.max_trailing:
            return "trailing", trailing
        for reason, score, most in (
            ("single_colour", looks.flat, self.max_flat),
            ("placeholder", looks.placeholder, self.max_placeholder),
            ("drawing", looks.drawing, self.max_drawing),
        ):
            if most is not None and score > most:
                return reason, score
        return _OK


def _claims_allowed_type(content: bytes) -> bool:
    riff = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    avif = content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis")
    return content.startswith(_MAGIC) or riff or avif
