"""What can compute a network in place of Keras: OpenVINO, faster on a CPU, says the same."""

import sys
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from postprocess.quiet import quiet

# On CPUs that can, OpenVINO would compute in bfloat16: probabilities then differ by up to 0.16.
_EXACT = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}


class OpenVino:
    """A Keras model as OpenVINO runs it, in single precision on the CPU."""

    def __init__(self, model: Any) -> None:
        # Without its telemetry it reports to nobody.
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
        import openvino

        with quiet(), warnings.catch_warnings(action="ignore"):
            converted = openvino.convert_model(model)
        self._request = openvino.compile_model(converted, "CPU", _EXACT).create_infer_request()

    def predict_on_batch(self, batch: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """The network's outputs for a batch, as Keras's method of this name gives them."""
        outputs: npt.NDArray[np.float32] = self._request.infer({0: batch})[0]
        return outputs.copy()  # the next batch is written over it
