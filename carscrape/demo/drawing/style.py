"""What differs between the drawings of the demo and those a model is trained on."""

from collections.abc import Mapping
from dataclasses import dataclass

from carscrape.demo.drawing.canvas import RGB

COLORS: dict[str, RGB] = {
    "white": (243, 243, 240),
    "black": (27, 27, 31),
    "silver": (193, 198, 204),
    "gray": (112, 116, 122),
    "red": (196, 28, 36),
    "blue": (30, 78, 178),
    "brown": (104, 66, 38),
    "yellow": (244, 206, 40),
    "green": (28, 122, 62),
    "orange": (238, 122, 24),
}


@dataclass(frozen=True)
class Backdrop:
    """A scene: sky above, ground below, something on the horizon, marks on the ground."""

    skies: tuple[tuple[RGB, RGB], ...]  # top and bottom, one pair is chosen
    ground: tuple[RGB, RGB]  # far and near
    skyline: str = ""  # "hills", "buildings", "trees", "dunes", "showroom" or nothing
    far: tuple[RGB, ...] = ()  # colours on the horizon
    marks: str = ""  # "lane", "kerb", "grass", "waves", "tiles" or nothing


@dataclass(frozen=True)
class Style:
    """A family of drawings: `salt` keeps equal seeds of two styles apart."""

    salt: str
    paints: Mapping[str, RGB]  # car colours
    accents: tuple[RGB, ...]  # colours of everything else
    roads: tuple[Backdrop, ...]  # where cars, bicycles and people are
    lands: tuple[Backdrop, ...]  # where these are too, and houses, trees and cats
    waters: tuple[Backdrop, ...]  # where boats are
    stretch: float  # car shapes vary by this share of their height and length
    light: tuple[int, int]  # darkest and brightest light, of 255
    tinted: int  # how far the light's channels differ


_ASPHALT: tuple[RGB, RGB] = ((118, 120, 124), (84, 86, 91))
_BLUE_SKIES: tuple[tuple[RGB, RGB], ...] = (
    ((96, 156, 222), (206, 228, 244)),
    ((130, 170, 205), (232, 236, 236)),
    ((84, 142, 214), (214, 232, 240)),
    ((222, 150, 116), (248, 226, 188)),
)

DEMO = Style(
    salt="demo",
    paints=COLORS,
    accents=((192, 57, 43), (41, 128, 185), (39, 144, 96), (230, 150, 30), (120, 72, 150)),
    roads=(
        Backdrop(_BLUE_SKIES, _ASPHALT, "hills", ((94, 132, 92), (120, 150, 128)), "lane"),
        Backdrop(
            _BLUE_SKIES,
            ((126, 127, 130), (92, 93, 98)),
            "buildings",
            ((146, 136, 128), (116, 124, 138), (168, 150, 132)),
            "kerb",
        ),
        Backdrop(
            (((214, 217, 222), (238, 239, 241)),),
            ((206, 208, 212), (168, 171, 176)),
            "showroom",  # without a wall to tell them apart, cars in one paint look like one photo
            ((206, 208, 214), (188, 192, 200), (222, 220, 214)),
        ),
    ),
    lands=(
        Backdrop(_BLUE_SKIES, ((128, 168, 84), (84, 128, 56)), "trees", ((58, 104, 58),), "grass"),
    ),
    waters=(
        Backdrop(
            _BLUE_SKIES, ((76, 142, 176), (34, 92, 136)), "hills", ((104, 134, 116),), "waves"
        ),
    ),
    stretch=0.06,
    light=(228, 255),
    tinted=8,
)

TRAINING = Style(
    salt="training",
    paints={
        "white": (252, 250, 244),
        "black": (14, 16, 20),
        "silver": (172, 180, 190),
        "gray": (88, 92, 92),
        "red": (148, 20, 30),
        "blue": (70, 120, 200),
        "brown": (130, 92, 62),
        "yellow": (222, 190, 88),
        "green": (64, 140, 112),
        "orange": (210, 92, 40),
        "purple": (98, 50, 122),
        "teal": (30, 126, 138),
        "beige": (214, 198, 166),
        "pink": (222, 120, 150),
    },
    accents=(
        (214, 90, 80),
        (70, 110, 160),
        (90, 160, 120),
        (200, 180, 70),
        (150, 110, 170),
        (110, 84, 66),
        (60, 66, 76),
        (222, 214, 200),
    ),
    roads=(
        Backdrop(
            (((198, 206, 214), (228, 230, 232)), ((70, 84, 112), (150, 150, 160))),
            ((144, 142, 138), (70, 72, 76)),
            "buildings",
            ((110, 96, 92), (92, 100, 106), (186, 178, 168)),
            "tiles",
        ),
        Backdrop(
            (((232, 226, 214), (244, 240, 232)), ((58, 62, 70), (96, 100, 108))),
            ((178, 168, 154), (132, 122, 110)),
            "",
            (),
            "tiles",
        ),
        Backdrop(
            (((104, 172, 232), (190, 222, 246)),),
            ((96, 98, 102), (60, 62, 66)),
            "dunes",
            ((96, 142, 70), (126, 160, 90)),
            "lane",
        ),
    ),
    lands=(
        Backdrop(
            (((160, 196, 226), (244, 226, 196)), ((90, 110, 150), (228, 170, 150))),
            ((214, 184, 132), (182, 148, 98)),
            "dunes",
            ((202, 164, 112), (176, 130, 92)),
        ),
        Backdrop(
            (((120, 190, 214), (220, 238, 240)), ((178, 186, 196), (216, 218, 220))),
            ((232, 236, 242), (204, 212, 224)),
            "trees",
            ((72, 92, 84), (96, 112, 110)),
        ),
        Backdrop(
            (((188, 204, 222), (236, 238, 240)), ((112, 140, 176), (190, 204, 214))),
            ((164, 178, 112), (112, 132, 78)),
            "hills",
            ((132, 150, 104), (150, 160, 136)),
        ),
    ),
    waters=(
        Backdrop(
            (((150, 190, 214), (226, 224, 216)), ((110, 120, 150), (236, 190, 160))),
            ((96, 160, 164), (40, 104, 120)),
            "dunes",
            ((150, 140, 120),),
            "waves",
        ),
    ),
    stretch=0.13,
    light=(190, 255),
    tinted=26,
)
