"""The smallest EXIF there is: which way up, and nothing else."""

from struct import pack

UPRIGHT = 1
NOTHING = b"II*\0\x08\0\0\0\0\0\0\0\0\0"  # TIFF with no entry
_ORIENTATION, _SHORT = 0x0112, 3


def exif(orientation: int) -> bytes:
    """As TIFF, with no "Exif" before it."""
    entry = pack("<HHIHxx", _ORIENTATION, _SHORT, 1, orientation)
    return b"II*\0\x08\0\0\0\x01\0" + entry + bytes(4)
