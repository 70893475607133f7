"""What is known of the shipped models without loading one."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_HERE = files("postprocess.models")
DEMO = "demo"
OPENVINO = "openvino"
RUNTIMES = (OPENVINO,)
"""What can compute a network in place of the backend of Keras, whose name here is ""."""

DEMO_WEIGHTS: Traversable = _HERE / "demo.weights.h5"

INPUT_SIZES = {  # pixels, of every model of keras.applications
    "ConvNeXtTiny": 224,
    "ConvNeXtSmall": 224,
    "ConvNeXtBase": 224,
    "ConvNeXtLarge": 224,
    "ConvNeXtXLarge": 224,
    "DenseNet121": 224,
    "DenseNet169": 224,
    "DenseNet201": 224,
    "EfficientNetB0": 224,
    "EfficientNetV2B0": 224,
    "MobileNet": 224,
    "MobileNetV2": 224,
    "MobileNetV3Small": 224,
    "MobileNetV3Large": 224,
    "NASNetMobile": 224,
    "ResNet50": 224,
    "ResNet101": 224,
    "ResNet152": 224,
    "ResNet50V2": 224,
    "ResNet101V2": 224,
    "ResNet152V2": 224,
    "VGG16": 224,
    "VGG19": 224,
    "Xception": 299,
    "InceptionV3": 299,
    "InceptionResNetV2": 299,
    "NASNetLarge": 331,
    "EfficientNetB1": 240,
    "EfficientNetB2": 260,
    "EfficientNetB3": 300,
    "EfficientNetB4": 380,
    "EfficientNetB5": 456,
    "EfficientNetB6": 528,
    "EfficientNetB7": 600,
    "EfficientNetV2B1": 240,
    "EfficientNetV2B2": 260,
    "EfficientNetV2B3": 300,
    "EfficientNetV2S": 384,
    "EfficientNetV2M": 480,
    "EfficientNetV2L": 480,
}


@dataclass(frozen=True)
class Demo:
    """The demo's model, which knows drawn pictures only; its classes stand for ImageNet's."""

    sha256: str  # of the weights file
    input_size: int  # pixels
    classes: dict[str, str]  # label of a drawing -> ImageNet synset, in the order of the outputs


@cache
def demo() -> Demo:
    """The facts in `demo.json`."""
    return Demo(**json.loads((_HERE / "demo.json").read_text()))


def input_size(name: str) -> int:
    """The side in pixels of the square a backbone takes."""
    return demo().input_size if name == DEMO else INPUT_SIZES[name]


@cache
def imagenet_synsets() -> tuple[str, ...]:
    """The 1,000 synsets of ImageNet by class index."""
    return tuple((_HERE / "imagenet_synsets.tsv").read_text().split())


def file_sha256(path: Path) -> str:
    """The hash of a file's content (hex); read once as long as the file stays as it is.

    Raises:
        OSError: it cannot be read.
    """
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@cache
def _sha256(path: Path, _size: int, _modified: int) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
