"""How fast the stages are, beside what one would use in their place."""

from pathlib import Path

from tests.bench import dedupe, subject, verify
from tests.bench.document import Step, circumstances
from tests.bench.measure import ROOT

_PHOTOS = ROOT.parent / "shared" / "images"
_WEIGHTS = ROOT.parent / "shared" / "weights" / "mobilenet_v2_imagenet.weights.h5"
_STEPS = 3


def bench(folder: Path, step: Step) -> str:
    """Run all, and return the section of the document; what lacks its photos says so.

    Raises:
        BenchError: a program failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    step("verify", _STEPS)
    sections = [verify.section(_PHOTOS)]
    step("dedupe", _STEPS)
    sections.append(dedupe.section(folder, _PHOTOS / "cars"))
    step("subject", _STEPS)
    sections.append(subject.section(_PHOTOS / "imagenet", _WEIGHTS))
    names = ("pillow", "simplejpeg", "numpy", "pyarrow", "tensorflow", "keras")
    others = ("faiss-cpu 1.15.1", "imagededup 0.3.3.post2")
    return "\n".join((circumstances("make bench-stages", *others, names=names), *sections))
