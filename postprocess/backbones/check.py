"""What of a backbone can be refused before it is loaded."""

import os
from importlib.util import find_spec
from pathlib import Path

from postprocess.models.facts import DEMO, INPUT_SIZES, OPENVINO
from postprocess.models.weights import BackboneError, check_weights

_BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")  # that Keras knows


def check_backbone(
    name: str, weights: Path | None, runtime: str = "", sha256: str | None = None
) -> None:
    """Refuse what no later run can mend, before anything is written; needs no Keras.

    Args:
        sha256: the hash that the weights must have (hex).

    Raises:
        BackboneError: no such model, weights that are none or not those that were meant, or a
            KERAS_BACKEND or runtime that is not here.
    """
    if name != DEMO and name not in INPUT_SIZES:
        known = "ResNet50, MobileNetV2, EfficientNetB0, ..."
        raise BackboneError(f"no backbone {name!r}: use demo or one of Keras's, like {known}")
    if name == DEMO and weights is not None:
        raise BackboneError("the demo model brings its own weights: leave out --weights")
    if sha256 is not None and weights is None:
        raise BackboneError("--weights-sha256 says what --weights must be: give that, too")
    if weights is not None:
        check_weights(weights, sha256)
    _check_backend(runtime)


def _check_backend(runtime: str) -> None:
    backend = os.environ.get("KERAS_BACKEND", "")
    if backend and backend not in _BACKENDS:
        raise BackboneError(f"KERAS_BACKEND={backend} is none of {', '.join(_BACKENDS)}: unset it")
    if backend and find_spec(backend) is None:
        raise BackboneError(
            f"KERAS_BACKEND={backend} is not installed here: unset it, or install {backend}"
        )
    if runtime == OPENVINO and find_spec(OPENVINO) is None:
        raise BackboneError(
            "OpenVINO is not installed here: install postprocess/requirements-openvino.txt,"
            " or leave out --runtime"
        )
    if runtime == OPENVINO and backend not in ("", "tensorflow"):
        raise BackboneError("--runtime openvino takes networks of TensorFlow: unset KERAS_BACKEND")
