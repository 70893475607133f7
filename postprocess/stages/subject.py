"""Whether an image shows what the recipe asks for, in the eyes of a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from postprocess.backbones import Backbone, load_backbone
from postprocess.models.calibration import calibration
from postprocess.models.facts import imagenet_synsets, input_size
from postprocess.models.weights import BackboneError, weights_id
from postprocess.pixels import DECODER, SHARPNESS_SIDE, read_picture, sharpness, squashed
from postprocess.stage import Image, ImageStage, Verdict


class Prepared(NamedTuple):
    """An image as the network takes it, and what the file itself shows."""

    pixels: npt.NDArray[np.uint8]  # (side, side, 3)
    sharpness: float


@dataclass(frozen=True)
class Subject(ImageStage):
    """Keeps an image with a subject class among the best, if all of them are probable enough."""

    name: ClassVar[str] = "subject"
    needs: ClassVar[tuple[str, ...]] = ("verify",)  # which alone decodes where it may crash
    version: ClassVar[int] = 3
    reasons: ClassVar[tuple[str, ...]] = (
        "ok",
        "no_subject",  # none of the best classes is one of the recipe's
        "low_probability",
        "undecodable",
    )
    columns: ClassVar[pa.Schema] = pa.schema(
        [
            pa.field("top1", pa.string()),  # synset of the best class
            pa.field("top1_probability", pa.float32()),
            pa.field("rank", pa.int16()),  # of the best subject class; 1 is the best
            pa.field("sharpness", pa.float32()),  # see postprocess.pixels
        ]
    )
    prepare_in: ClassVar[Literal["process", "thread"]] = "thread"  # decoding leaves the GIL

    backbone: str
    weights: Path | None
    synsets: frozenset[str]
    top_k: int = 4
    min_probability: float | None = None  # None: as the backbone is calibrated
    runtime: str = ""  # one of RUNTIMES; "": the backend of Keras

    @property
    def threshold(self) -> float:
        """The least sum of the subject classes' probabilities."""
        if self.min_probability is None:
            return calibration(self.backbone).min_probability
        return self.min_probability

    def identity(self) -> dict[str, Any]:
        """The parameters, with the weights by their hash, and the decoder.

        The runtime is left out: all of them give the same scores to within 1e-4.

        Raises:
            BackboneError: the weights cannot be read.
        """
        parameters = super().identity()
        del parameters["runtime"]
        weights = weights_id(self.backbone, self.weights)
        return {**parameters, "weights": weights, "threshold": self.threshold, "decoder": DECODER}

    def open(self) -> Backbone:
        """Load the backbone.

        Raises:
            BackboneError: it cannot be had, or knows none of the synsets.
        """
        unknown = sorted(self.synsets.difference(imagenet_synsets()))
        if unknown:
            raise BackboneError(f"{unknown[0]} is none of ImageNet's 1,000 classes: see the recipe")
        backbone = load_backbone(self.backbone, self.weights, self.runtime)
        if self.synsets.isdisjoint(backbone.classes):
            raise BackboneError(f"the {self.backbone} model knows none of the recipe's synsets")
        return backbone

    def on_gpus(self) -> bool:
        """Keras's backends do; another runtime is for CPUs."""
        return not self.runtime

    def prepare(self, image: Image) -> Prepared:
        """Decode the image to the size the backbone takes.

        Raises:
            Unread: there are no such bytes to judge.
            Whatever Pillow raises on a damaged file.
        """
        size = input_size(self.backbone)
        picture = read_picture(image.read(), max(2 * size, SHARPNESS_SIDE))
        return Prepared(squashed(picture, size), sharpness(picture))

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        """Let the backbone look at a batch."""
        backbone: Backbone = model
        batch = np.zeros((self.batch_size, *prepared[0].pixels.shape), np.uint8)
        # Always of one shape, so that nothing is compiled twice.
        batch[: len(images)] = [one.pixels for one in prepared]
        rows = backbone.model.predict_on_batch(batch)
        is_subject = np.isin(backbone.classes, list(self.synsets))
        return [
            self._verdict(row, one.sharpness, is_subject, backbone.classes)
            for row, one in zip(rows, prepared, strict=False)
        ]

    def _verdict(
        self,
        row: npt.NDArray[np.float32],
        sharp: float,
        is_subject: npt.NDArray[np.bool_],
        classes: Sequence[str],
    ) -> Verdict:
        best = int(row.argmax())
        rank = 1 + int((row > row[is_subject].max()).sum())
        score = float(row[is_subject].sum())
        reason = "ok" if score >= self.threshold else "low_probability"
        if rank > self.top_k:
            reason = "no_subject"
        columns = {
            "top1": classes[best],
            "top1_probability": float(row[best]),
            "rank": rank,
            "sharpness": sharp,
        }
        return Verdict(reason == "ok", reason, score, columns)
