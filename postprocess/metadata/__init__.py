"""Image files without what tells about people: places, cameras, owners, comments, films behind.

One module per image type. Pixels are never decoded or coded again; orientation and colour profile
stay.
"""

from collections.abc import Callable
from io import BytesIO

from PIL import Image

from postprocess.metadata import avif, bmp, gif, jpeg, png, webp
from postprocess.pictures import DAMAGED, DECODERS, orientation


class MetadataError(Exception):
    """A file whose parts are not where its type has them, so that nothing can be taken out."""


def without_metadata(content: bytes, mime: str) -> bytes:
    """The file without metadata; one that has none stays as it is.

    Args:
        mime: one of the types that a store holds.

    Raises:
        MetadataError: its parts cannot be told apart.
    """
    try:
        with Image.open(BytesIO(content), formats=DECODERS) as image:
            turn = orientation(image)
        return _STRIPPERS[mime](content, turn)
    except (*DAMAGED, Image.DecompressionBombError) as error:
        raise MetadataError(f"its parts cannot be told apart ({error})") from error


_STRIPPERS: dict[str, Callable[[bytes, int], bytes]] = {
    "image/jpeg": jpeg.strip,
    "image/png": png.strip,
    "image/webp": webp.strip,
    "image/gif": gif.strip,
    "image/avif": avif.strip,
    "image/bmp": bmp.strip,
}
