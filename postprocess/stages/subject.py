"""Whether an image shows what the recipe asks for, in the eyes of a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from postprocess.backbones import Backbone, BackboneError, input_size, load_backbone, weights_id
from postprocess.models.facts import imagenet_synsets
from postprocess.pixels import DECODER, read_pixels
from postprocess.stage import Image, ImageStage, Verdict


@dataclass(frozen=True)
class Subject(ImageStage):
    """Keeps an image with a subject class among the best, if all of them are probable enough."""

    name: ClassVar[str] = "subject"
    needs: ClassVar[tuple[str, ...]] = ("verify",)  # which alone decodes where it may crash
    version: ClassVar[int] = 2
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
        ]
    )
    prepare_in: ClassVar[Literal["process", "thread"]] = "thread"  # decoding leaves the GIL

    backbone: str
    weights: Path | None
    synsets: frozenset[str]
    top_k: int = 4
    min_probability: float = 0.1

    def identity(self) -> dict[str, Any]:
        """The parameters, with the weights by their hash, and the decoder.

        Raises:
            BackboneError: the weights cannot be read.
        """
        weights = weights_id(self.backbone, self.weights)
        return {**super().identity(), "weights": weights, "decoder": DECODER}

    def open(self) -> Backbone:
        """Load the backbone.

        Raises:
            BackboneError: it cannot be had, or knows none of the synsets.
        """
        unknown = sorted(self.synsets.difference(imagenet_synsets()))
        if unknown:
            raise BackboneError(f"{unknown[0]} is none of ImageNet's 1,000 classes: see the recipe")
        backbone = load_backbone(self.backbone, self.weights)
        if self.synsets.isdisjoint(backbone.classes):
            raise BackboneError(f"the {self.backbone} model knows none of the recipe's synsets")
        return backbone

    def prepare(self, image: Image) -> npt.NDArray[np.uint8]:
        """Decode the image to the size the backbone takes.

        Raises:
            Unread: there are no such bytes to judge.
            Whatever Pillow raises on a damaged file.
        """
        return read_pixels(image.read(), input_size(self.backbone))

    def judge(self, model: Any, images: Sequence[Image], prepared: Sequence[Any]) -> list[Verdict]:
        """Let the backbone look at a batch."""
        backbone: Backbone = model
        batch = np.zeros((self.batch_size, *prepared[0].shape), np.uint8)
        batch[: len(images)] = prepared  # always of one shape, so that nothing is compiled twice
        rows = backbone.model.predict_on_batch(batch)[: len(images)]
        is_subject = np.isin(backbone.classes, list(self.synsets))
        return [self._verdict(row, is_subject, backbone.classes) for row in rows]

    def _verdict(
        self,
        row: npt.NDArray[np.float32],
        is_subject: npt.NDArray[np.bool_],
        classes: Sequence[str],
    ) -> Verdict:
        best = int(row.argmax())
        rank = 1 + int((row > row[is_subject].max()).sum())
        score = float(row[is_subject].sum())
        reason = "ok" if score >= self.min_probability else "low_probability"
        if rank > self.top_k:
            reason = "no_subject"
        columns = {"top1": classes[best], "top1_probability": float(row[best]), "rank": rank}
        return Verdict(reason == "ok", reason, score, columns)
