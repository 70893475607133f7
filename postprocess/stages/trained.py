"""What a judge that was trained on this store, or another, sees in an image.

Which label an image has is no part of it: `agreement` compares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from postprocess.backbones.trainable import load
from postprocess.models.judges import OPINIONS, Judge, Opinion, opinion, opinions
from postprocess.pixels import DECODER, read_pixels
from postprocess.stage import Image, ImageStage, Verdict


@dataclass(frozen=True)
class Trained(ImageStage):
    """Keeps every image that can be decoded, and writes down what the judge sees.

    Of an image that the judge was trained on, it repeats what a network said that had not seen it.
    """

    name: ClassVar[str] = "trained"
    needs: ClassVar[tuple[str, ...]] = ("verify",)  # which alone decodes where it may crash
    version: ClassVar[int] = 1
    reasons: ClassVar[tuple[str, ...]] = ("ok", "undecodable")
    columns: ClassVar[pa.Schema] = pa.schema(
        [pa.field(f"seen_{field.name}", field.type) for field in list(OPINIONS)[1:]]
    )
    prepare_in: ClassVar[Literal["process", "thread"]] = "thread"  # decoding leaves the GIL

    by: Judge

    def identity(self) -> dict[str, Any]:
        """The judge by the hash of its facts, and the decoder."""
        return {
            "stage": self.name,
            "version": self.version,
            "judge": self.by.sha256,
            "decoder": DECODER,
        }

    def open(self) -> Any:
        """Load the judge's network.

        Raises:
            BackboneError: it cannot be had.
        """
        judge = self.by
        return load(judge.backbone, judge.weights, len(judge.classes))

    def on_gpus(self) -> bool:
        """Keras's backends do."""
        return True

    def prepare(self, image: Image) -> Any:
        """Decode the image to the size the network takes, unless it was judged when it was trained.

        Raises:
            Unread: there are no such bytes to judge.
            Whatever Pillow raises on a damaged file.
        """
        said = opinions(self.by.opinions, self.by.sha256).get(image.id)
        return said or read_pixels(image.read(), self.by.input_size)

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        """Let the network look at those of a batch that nobody has judged."""
        new = [value for value in prepared if isinstance(value, np.ndarray)]
        seen = iter(self._seen(model, new) if new else ())
        said = (next(seen) if isinstance(value, np.ndarray) else value for value in prepared)
        return [self._verdict(one) for one in said]

    def _seen(self, model: Any, pixels: Sequence[npt.NDArray[np.uint8]]) -> Iterator[Opinion]:
        # Always of one shape, so that nothing is compiled twice.
        batch = np.zeros((self.batch_size, *pixels[0].shape), np.uint8)
        batch[: len(pixels)] = pixels
        rows = self.by.said(np.asarray(model.predict_on_batch(batch), np.float32))
        return (opinion(self.by.classes, row) for row in rows)

    def _verdict(self, said: Opinion) -> Verdict:
        classes, probabilities = said
        columns = {"seen_classes": classes, "seen_probabilities": probabilities}
        return Verdict(True, "ok", probabilities[0], columns)
