"""Which colour the thing in the middle of a picture has, and which it cannot have.

The numbers were chosen on 220 of the cars in tests/postprocess/car_colours.tsv, and on the demo's.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from postprocess.colours import BETWEEN_BLACK_AND_WHITE, NEIGHBOURS

VERSION = 2  # of the numbers below
SIDES = (80, 60)  # pixels, width and height, at which a picture is looked at
MIDDLE = (slice(16, 44), slice(16, 64))  # rows and columns
FRAME = (5, 6)  # rows at the top and columns at both sides that show no car
LEAST_WEIGHT = 0.1  # of a pixel whose colour the frame is full of

COLOURED = 0.30  # share of coloured pixels that makes a thing coloured
TRACE = 0.08  # share of a hue that does not exclude it
CAST = 0.25  # the same for pale hues, which the sky and lamps make too
BLACK_BELOW = 0.40  # value of the brighter parts
DULL_BELOW = 0.45  # the same, below which dark paint of any hue may look grey
DARK = 0.28  # a value below which tyres and windows lie, too
MUCH_DARK = 0.3  # share that these seldom have
MOST_OF_IT = 0.6  # share of a hue below which it may be the sky's or the ground's

Floats = npt.NDArray[np.floating[Any]]
_HUES = ("beige", "red", "brown", "orange", "yellow", "green", "blue", "purple", "pink")


class Paint(NamedTuple):
    """What was seen."""

    seen: str  # a family of postprocess.colours
    share: float  # of the middle that shows it, from 0 to 1; of greys: all that is not coloured
    possible: frozenset[str]  # the families that are not excluded


class _Pixels(NamedTuple):
    """The pixels of the middle."""

    hue: Floats  # degrees
    saturation: Floats  # 0 to 1
    value: Floats  # 0 to 1
    weight: Floats  # sum 1; little where the frame shows the same colour: that is background


def paint_of(picture: Image.Image) -> Paint:
    """Look at a picture (RGB, upright)."""
    pixels = _middle(picture.resize(SIDES, Image.Resampling.BOX))
    names = _names(pixels)
    paint = _paint(pixels, names)
    # A car may have the colour of its background: what all pixels alike allow is not excluded.
    even = np.full_like(pixels.weight, 1 / pixels.weight.size)
    possible = _paint(pixels._replace(weight=even), names).possible
    return paint._replace(possible=paint.possible | possible)


def _paint(pixels: _Pixels, names: npt.NDArray[np.str_]) -> Paint:
    shares = {hue: float(pixels.weight[names == hue].sum()) for hue in _HUES}
    coloured = sum(shares.values())
    traces = {hue for hue, share in shares.items() if share >= TRACE}
    if coloured < COLOURED:
        seen, possible = _grey(pixels, names == "")
        return Paint(seen, 1 - coloured, frozenset(traces | possible))
    seen = max(shares, key=lambda hue: shares[hue])
    possible = {seen, *NEIGHBOURS[seen]}
    if shares[seen] < MOST_OF_IT and _dark(pixels, names == "") >= MUCH_DARK:
        possible.add("black")
    if seen in ("blue", "orange"):
        possible |= _in_its_light(pixels, seen, names == seen, shares[seen])
    return Paint(seen, shares[seen], frozenset(traces | possible))


def _middle(small: Image.Image) -> _Pixels:
    codes = np.asarray(small, np.int32) >> 5  # eight levels a channel
    codes = codes[..., 0] << 6 | codes[..., 1] << 3 | codes[..., 2]
    rows, columns = FRAME
    frame = [codes[:rows], codes[rows:, :columns], codes[rows:, -columns:]]
    around = np.bincount(np.concatenate([part.ravel() for part in frame]), minlength=512)
    inside = codes[MIDDLE].ravel()
    within = np.bincount(inside, minlength=512)
    ratio = around / around.sum() / np.maximum(within / within.sum(), 1e-9)
    weight = np.clip(1 - ratio, LEAST_WEIGHT, 1)[inside]
    hsv = np.asarray(small.convert("HSV"), np.float32)[MIDDLE].reshape(-1, 3) / 255
    return _Pixels(hsv[:, 0] * 360, hsv[:, 1], hsv[:, 2], weight / weight.sum())


def _names(pixels: _Pixels) -> npt.NDArray[np.str_]:
    """The hue of each pixel; "" for one without."""
    hue, saturation, value, _ = pixels
    least = np.where(_cool(hue), 0.38, 0.32)  # grey paint mirrors the sky
    coloured = (saturation >= least) & (saturation * value >= 0.16)
    pale = ~coloured & (hue >= 20) & (hue < 62) & (saturation >= 0.14) & (value > 0.4)
    return np.select(
        [
            pale,
            ~coloured,
            (hue < 14) | (hue >= 342),
            (hue < 42) & (value < 0.5),
            hue < 40,
            hue < 68,
            hue < 165,
            hue < 262,
            hue < 300,
        ],
        ["beige", "", "red", "brown", "orange", "yellow", "green", "blue", "purple"],
        "pink",
    )


def _grey(pixels: _Pixels, plain: npt.NDArray[np.bool_]) -> tuple[str, set[str]]:
    """What a thing without hue may be, from how bright its brighter parts are."""
    level = _quantile(pixels.value[plain], pixels.weight[plain], 0.7)
    reddish, bluish = (_faint(pixels, hues) for hues in (_reds(pixels.hue), _cool(pixels.hue)))
    dull = level < DULL_BELOW
    warm = float(pixels.weight[(pixels.hue < 62) & (pixels.saturation >= 0.1)].sum())
    rules = {
        "black": level < 0.62 or _dark(pixels, plain) >= MUCH_DARK,
        "gray": True,
        "silver": level >= BLACK_BELOW,
        "blue": bluish >= CAST or (dull and bluish >= TRACE),
        "red": reddish >= CAST,
        "brown": warm >= CAST or reddish >= CAST or dull,
        "beige": warm >= CAST,
        "green": dull,
    }
    possible = {name for name, holds in rules.items() if holds}
    if "silver" in possible:
        possible |= BETWEEN_BLACK_AND_WHITE
    steps = ((BLACK_BELOW, "black"), (0.58, "gray"), (0.73, "silver"))
    return next((name for below, name in steps if level < below), "white"), possible


def _dark(pixels: _Pixels, plain: npt.NDArray[np.bool_]) -> float:
    return float(pixels.weight[plain & (pixels.value < DARK)].sum())


def _in_its_light(pixels: _Pixels, seen: str, own: npt.NDArray[np.bool_], share: float) -> set[str]:
    """What may be no blue or orange paint at all, but mirrors the sky or stands in lamplight."""
    possible = {"black", "gray"} if seen == "blue" and share < MOST_OF_IT else set()
    if pixels.saturation[own].mean() < 0.5:
        possible |= BETWEEN_BLACK_AND_WHITE
    return possible


def _cool(hue: Floats) -> npt.NDArray[np.bool_]:
    return (hue >= 165) & (hue < 280)


def _reds(hue: Floats) -> npt.NDArray[np.bool_]:
    return (hue < 20) | (hue >= 330)


def _faint(pixels: _Pixels, hues: npt.NDArray[np.bool_]) -> float:
    """The share of these hues, faint ones too: what dull or dark paint has left of its own."""
    chroma = pixels.saturation * pixels.value
    return float(pixels.weight[hues & (pixels.saturation >= 0.2) & (chroma >= 0.06)].sum())


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, share * below[-1])])
