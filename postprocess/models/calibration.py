"""How probable the recipe's classes must be together, for each network, where no recipe says."""

from typing import NamedTuple


class Calibration(NamedTuple):
    """A threshold, and what is known of it."""

    min_probability: float
    why: str


# Sums of the 22 vehicle classes of the recipe cars, over whole pictures squashed to a square.
_MEASURED = {
    "MobileNetV2": Calibration(0.2, "keeps 99.9 % of 764 cars and none of 311 other photos"),
    "demo": Calibration(0.1, "lost none of 504 drawn cars; it knows drawings only"),
}
_UNKNOWN = Calibration(
    0.1, "not measured for this network, so the lowest that let no other photo by elsewhere"
)


def remarks(backbone: str, asked: float | None) -> list[str]:
    """What people must be told of the threshold: nothing where their recipe says it."""
    least, why = calibration(backbone)
    return (
        [] if asked is not None else [f"{backbone} keeps from a probability of {least} on: {why}"]
    )


def calibration(backbone: str) -> Calibration:
    """The threshold for a network, `demo` or one of Keras's."""
    return _MEASURED.get(backbone, _UNKNOWN)
