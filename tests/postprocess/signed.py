"""Tables as dedupe gets them, made of pictures without a store."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import simplejpeg
from PIL import Image
from stores import sha

from postprocess.signature import SIGNATURE_COLUMNS, sign
from postprocess.stages.dedupe import Dedupe

SCHEMA = pa.schema(
    [
        ("id", pa.binary(32)),
        ("copies", pa.int32()),
        ("rank", pa.int32()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("bytes", pa.int64()),
        *SIGNATURE_COLUMNS,
    ]
)
CARS = Path(__file__).parents[2] / ".." / "shared" / "images" / "cars" / "cars_train"


def row(jpeg: bytes, **changed: Any) -> dict[str, Any]:
    """What the ledger and verify know of a JPEG."""
    rgb = simplejpeg.decode_jpeg(jpeg, "RGB", min_height=64, min_width=64)
    width, height = Image.open(BytesIO(jpeg)).size
    known = {"id": bytes.fromhex(sha(jpeg)), "copies": 1, "rank": 0, "bytes": len(jpeg)}
    return {**known, "width": width, "height": height, **sign(rgb), **changed}


def judged(rows: Sequence[dict[str, Any]]) -> dict[bytes, dict[str, Any]]:
    """The verdicts of dedupe on these rows, by id."""
    verdicts = Dedupe().judge(pa.Table.from_pylist(list(rows), schema=SCHEMA))
    assert verdicts["id"].to_pylist() == [row["id"] for row in rows]
    return {verdict["id"]: verdict for verdict in verdicts.to_pylist()}


def joined(pairs: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> list[bool]:
    """Of each original and its copy: are they in one group, all being judged together?"""
    pairs = list(pairs)
    rows = {side["id"]: side for pair in pairs for side in pair}  # equal bytes are one image
    said = judged(list(rows.values()))
    return [said[one["id"]]["group"] == said[other["id"]]["group"] for one, other in pairs]
