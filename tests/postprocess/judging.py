"""Lets `verify` judge bytes that are in no store."""

from pathlib import Path

from stores import sha

from postprocess.stage import Image, Verdict
from postprocess.stages.verify import Verify

SHARED = Path(__file__).parents[2] / ".." / "shared" / "images"
ANY_SIZE = Verify(min_side=1, max_aspect=1e9, max_flat=1, max_placeholder=1)


def verdict(path: Path, stage: Verify = ANY_SIZE) -> Verdict:
    image = Image(sha(path.read_bytes()), path)
    (said,) = stage.judge(None, [image], [stage.prepare(image)])
    return said


def judge(tmp_path: Path, content: bytes, stage: Verify = ANY_SIZE) -> Verdict:
    path = tmp_path / "picture"
    path.write_bytes(content)
    return verdict(path, stage)
