"""A judge on its way into a folder, where the old one lies whole until the new one does."""

import hashlib
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from postprocess.backbones import trainable
from postprocess.models.facts import file_sha256, input_size
from postprocess.models.judges import FACTS, OPINIONS, opinion
from postprocess.models.weights import weights_id
from postprocess.pixels import DECODER
from postprocess.train.labelled import FOLDS
from postprocess.train.picture import draw
from postprocess.train.report import facts, markdown
from postprocess.train.thresholds import COST, MAJORITY
from postprocess.train.training import Training
from postprocess.usage import UsageError
from postprocess.writing import write_aside

_OURS = ("weights-*.weights.h5", "opinions-*.parquet")


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds anything else than a judge.

    Raises:
        UsageError: it does.
        OSError: it cannot be read.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder that is empty or not there")
    if folder.exists() and any(folder.iterdir()) and not (folder / FACTS).exists():
        raise UsageError(f"{folder} is not empty and holds no judge: name another folder")


def save(training: Training, folder: Path) -> None:
    """Write the judge, and what it is worth beside it.

    Raises:
        OSError, WriteError: it cannot be written; a judge that lay there before is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {"weights": _weights(training, folder), "opinions": _opinions(training, folder)}
    write_aside(folder / FACTS, _json({**_facts(training), **files}))
    names = {file["name"] for file in files.values()}
    for path in [path for pattern in _OURS for path in folder.glob(pattern)]:
        if path.name not in names:
            path.unlink()
    write_aside(folder / "report.json", _json(facts(training)))
    write_aside(folder / "report.md", markdown(training).encode())
    write_aside(folder / "report.png", draw(training))


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _facts(training: Training) -> dict[str, Any]:
    """All that makes the judge; the same training makes the same."""
    target, options, samples = training.target, training.options, training.samples
    return {
        "target": {
            "name": target.name,
            "attributes": target.attributes,
            "labels": target.labels,
        },
        "classes": samples.classes,
        "backbone": options.backbone,
        "started_from": weights_id(options.backbone, options.weights),
        "fine_tuned": options.fine_tune,
        "input_size": input_size(options.backbone),
        "preprocessing": f"{DECODER}, squashed to a square; the rest is in the network",
        "temperature": training.crossed.temperature,
        "min_support": training.threshold.min_support,
        "majority": MAJORITY,
        "cost": COST,
        "epochs": training.crossed.fitted.epochs,
        "folds": FOLDS,
        "seed": options.seed,
        "images": {split: len(samples.rows(split)) for split in ("train", "val", "test")},
        "data": samples.digest,
    }


def _weights(training: Training, folder: Path) -> dict[str, str]:
    aside = folder / f".{os.getpid()}.weights.h5"
    try:
        trainable.save(training.crossed.fitted.network, aside)
        sha256 = file_sha256(aside)
        name = f"weights-{sha256[:16]}.weights.h5"
        aside.replace(folder / name)
    finally:
        aside.unlink(missing_ok=True)
    return {"name": name, "sha256": sha256}


def _opinions(training: Training, folder: Path) -> dict[str, str]:
    samples = training.samples
    said = [opinion(samples.classes, np.asarray(row)) for row in training.crossed.said]
    columns = [
        [bytes.fromhex(image.id) for image in samples.images],
        [classes for classes, _ in said],
        [probabilities for _, probabilities in said],
    ]
    buffer = BytesIO()
    pq.write_table(pa.table(columns, schema=OPINIONS), buffer, compression="zstd")
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    name = f"opinions-{sha256[:16]}.parquet"
    write_aside(folder / name, buffer.getvalue())
    return {"name": name, "sha256": sha256}
