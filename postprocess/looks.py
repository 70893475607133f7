"""What a cheap look at a small picture tells of it.

Right after a decoder every call into numpy costs three times what it costs alone, so a photo is
done with after a sum and a comparison; only what repeats itself is looked at closer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 160  # pixels of the long side at most
_WINDOW = 9  # levels that pass for one, because JPEG blurs them
_COLOURFUL = 8  # levels between the channels at which a picture is no longer grey at all
_LEAST_DRAWING = 0.3  # below it `flat` and `placeholder` are 0 and cost nothing

_Pixels = npt.NDArray[np.uint8]  # (height, width, 3), RGB
_Levels = npt.NDArray[np.int_]  # (3, 256): how many pixels have a level, per channel


@dataclass(frozen=True, slots=True)
class Looks:
    """Scores from 0 to 1, and the mean colour."""

    mean: tuple[int, int, int]  # red, green, blue
    drawing: float  # share of pixels whose green equals that of the pixel beside
    flat: float = 0.0  # share of the picture that has its commonest colour
    placeholder: float = 0.0  # high: much of it equal, grey, and of few levels


def look(rgb: _Pixels) -> Looks:
    """Look at a picture: (height, width, 3), RGB."""
    if max(rgb.shape) > SIDE:
        rgb = np.asarray(_picture(rgb).reduce(-(-max(rgb.shape) // SIDE)))
    drawing = _equal_neighbours(rgb[..., 1])
    if drawing < _LEAST_DRAWING:
        return Looks(_mean(rgb), drawing)
    levels = np.reshape(_picture(rgb).histogram(), (3, 256))
    flat = _commonest(levels) / (rgb.shape[0] * rgb.shape[1])
    return Looks(_mean(rgb), drawing, flat, drawing * _emptiness(levels))


def _picture(rgb: _Pixels) -> Image.Image:
    height, width, _ = rgb.shape
    return Image.frombytes("RGB", (width, height), rgb)


def _mean(rgb: _Pixels) -> tuple[int, int, int]:
    height, width, _ = rgb.shape
    # Whole rows first: summed over an axis of three, numpy takes ten times as long.
    columns = rgb.reshape(height, -1).sum(axis=0, dtype=np.uint32).reshape(width, 3)
    red, green, blue = columns.sum(axis=0).tolist()
    pixels = height * width
    return round(red / pixels), round(green / pixels), round(blue / pixels)


def _equal_neighbours(channel: _Pixels) -> float:
    equal = int(np.count_nonzero(channel[:, 1:] == channel[:, :-1]))
    return equal / max(1, channel[:, 1:].size)


def _commonest(levels: _Levels) -> int:
    """Pixels within one window of levels, in the channel where they are fewest."""
    summed = np.pad(levels.cumsum(axis=1), ((0, 0), (1, 0)))
    return int((summed[:, _WINDOW:] - summed[:, :-_WINDOW]).max(axis=1).min())


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
