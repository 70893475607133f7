"""What a cheap look at a small picture tells of it.

Right after a decoder every call into numpy costs three times what it costs alone, so a photo is
done with after a histogram and one comparison; only what is flat is looked at closer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 160  # pixels of the long side at most
_WINDOW = 9  # levels that pass for one, because JPEG blurs them
_COLOURFUL = 8  # levels between the channels at which a picture is no longer grey at all
_LEAST_FLAT, _LEAST_DRAWN = 0.5, 0.3  # shares below which `flat` and `placeholder` are 0
_WEIGHTS = np.arange(256.0)

_Levels = npt.NDArray[np.float64]  # (3, 256): how many pixels have a level, per channel


@dataclass(frozen=True, slots=True)
class Looks:
    """Scores from 0 to 1, and the mean colour."""

    mean: tuple[int, int, int]  # red, green, blue
    flat: float  # share of the picture that has its commonest colour
    drawing: float  # share of pixels whose green equals that of the pixel beside
    placeholder: float  # high: much of it equal, grey, and of few levels


def look(rgb: npt.NDArray[np.uint8]) -> Looks:
    """Look at a picture: (height, width, 3), RGB."""
    image = Image.fromarray(rgb)
    factor = -(-max(image.size) // SIDE)
    if factor > 1:
        image = image.reduce(factor)
        rgb = np.asarray(image)
    pixels = image.width * image.height
    counts = image.histogram()
    levels = np.array(counts, np.float64).reshape(3, 256)
    red, green, blue = (levels @ _WEIGHTS / pixels).round().astype(int).tolist()
    drawing = _equal_neighbours(rgb[..., 1])
    may_be_flat = max(counts) * _WINDOW >= _LEAST_FLAT * pixels
    return Looks(
        mean=(red, green, blue),
        flat=_commonest(levels) / pixels if may_be_flat else 0.0,
        drawing=drawing,
        placeholder=drawing * _emptiness(levels) if drawing >= _LEAST_DRAWN else 0.0,
    )


def _equal_neighbours(channel: npt.NDArray[np.uint8]) -> float:
    equal = int(np.count_nonzero(channel[:, 1:] == channel[:, :-1]))
    return equal / max(1, channel[:, 1:].size)


def _commonest(levels: _Levels) -> float:
    """Pixels within one window of levels, in the channel where they are fewest."""
    windows = np.lib.stride_tricks.sliding_window_view(levels, _WINDOW, axis=1).sum(axis=2)
    return float(windows.max(axis=1).min())


def _emptiness(levels: _Levels) -> float:
    """1: grey, and 95 % of it in one level.

    In a grey picture all channels have the same levels equally often; how many levels pixels have
    to move until that holds says how far a picture is from grey.
    """
    summed = levels.cumsum(axis=1)
    pixels = summed[0, -1]
    apart = np.abs(summed - summed[[1, 2, 0]]).sum(axis=1).max() / pixels
    commonest_first = np.sort(levels[1])[::-1].cumsum()
    used = np.searchsorted(commonest_first, 0.95 * pixels)
    return max(0.0, 1 - float(apart) / _COLOURFUL) * (1 - float(used) / 256)
