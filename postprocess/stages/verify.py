"""Whether an image can be decoded to its last byte, and has a size worth keeping.

Of an animation only the first frame is ever used, but damage in a later one still means that the
file did not arrive whole: frames are decoded up to `max_pixels` in all. A JPEG's thumbnail and the
further pictures of an MPO are not looked at.
"""

import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar

import PIL
import pyarrow as pa
import simplejpeg
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from postprocess.pictures import DECODERS, MIME_TYPES
from postprocess.stage import Image, ImageStage, Verdict

_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM")
# What Pillow really raises on damaged files, beside its own errors.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    IndexError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
)
# libjpeg-turbo's interface has no name for the rarer samplings; Pillow's libjpeg decodes them.
_ODD_SAMPLING = "Could not determine subsampling"


@dataclass(frozen=True)
class Verify(ImageStage):
    """Decodes the image in a child process, and looks at its size."""

    name: ClassVar[str] = "verify"
    version: ClassVar[int] = 2
    reasons: ClassVar[tuple[str, ...]] = (
        "ok",
        "undecodable",  # truncated or damaged
        "type_not_allowed",
        "too_small",
        "too_many_pixels",
        "odd_shape",
        "decoder_failed",  # crashed, hung, or took too much memory
    )
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("type", pa.string()),  # MIME type
            pa.field("width", pa.int32()),  # pixels
            pa.field("height", pa.int32()),
            pa.field("frames", pa.int32()),
            pa.field("bytes", pa.int64()),
            pa.field("detail", pa.string()),  # what the decoder said
        ]
    )
    failed: ClassVar[str] = "decoder_failed"

    min_side: int = 48  # pixels
    max_pixels: int = 40_000_000
    max_aspect: float = 5.0  # long side by short side
    strict: bool = True  # libjpeg's warnings count as damage

    def identity(self) -> dict[str, Any]:
        """The parameters, and the decoders that judge with them."""
        decoders = f"Pillow {PIL.__version__}, simplejpeg {simplejpeg.__version__}"
        return {**super().identity(), "decoders": decoders}

    def prepare(self, image: Image) -> Verdict:
        """Read and decode the file; the whole verdict is made here, in the child.

        Raises:
            Unread: there are no such bytes to judge.
        """
        content = image.read()
        columns: dict[str, Any] = {"bytes": len(content)}
        with warnings.catch_warnings(action="ignore"):
            reason = self._reason(content, columns)
        return Verdict(reason == "ok", reason, columns=columns)

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        """The verdicts as `prepare` made them."""
        return list(prepared)

    def _reason(self, content: bytes, columns: dict[str, Any]) -> str:
        """Find the reason, and fill in the columns on the way."""
        try:
            with Pillow.open(BytesIO(content), formats=DECODERS) as picture:
                columns["type"] = MIME_TYPES[picture.format or ""]
                columns["width"], columns["height"] = picture.size
                reason = self._size_reason(*picture.size)
                if reason == "ok":
                    columns["frames"] = frames = getattr(picture, "n_frames", 1)
                    self._decode(content, picture, frames)
                return reason
        except Pillow.DecompressionBombError:
            return "too_many_pixels"
        except UnidentifiedImageError:
            return "undecodable" if _claims_allowed_type(content) else "type_not_allowed"
        except _DAMAGED as error:
            columns["detail"] = f"{type(error).__name__}: {error}"[:200]
            return "undecodable"

    def _size_reason(self, width: int, height: int) -> str:
        if width * height > self.max_pixels:
            return "too_many_pixels"
        if min(width, height) < self.min_side:
            return "too_small"
        if max(width, height) > self.max_aspect * min(width, height):
            return "odd_shape"
        return "ok"

    def _decode(self, content: bytes, picture: Pillow.Image, frames: int) -> None:
        """Decode as much as counts.

        Raises:
            One of `_DAMAGED`: it is damaged.
        """
        if picture.format == "PNG":
            # Only this sees a missing end and bad checksums outside the pixels.
            with Pillow.open(BytesIO(content), formats=("PNG",)) as chunks:
                chunks.verify()
        if picture.format not in ("JPEG", "MPO"):
            width, height = picture.size
            for frame in range(min(frames, self.max_pixels // (width * height))):
                picture.seek(frame)
                picture.load()
        elif not self.strict or not _decoded_strictly(content):
            picture.load()


def _decoded_strictly(content: bytes) -> bool:
    """Read every bit of a JPEG, which takes no more than 1/8 of its size; False: it cannot.

    Raises:
        ValueError: libjpeg has something to object to.
    """
    try:
        simplejpeg.decode_jpeg(content, "GRAY", min_height=1, min_width=1, strict=True)
    except ValueError as error:
        if _ODD_SAMPLING in str(error):
            return False
        raise
    return True


def _claims_allowed_type(content: bytes) -> bool:
    riff = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    avif = content[4:8] == b"ftyp" and content[8:12] in (b"avif", b"avis")
    return content.startswith(_MAGIC) or riff or avif
