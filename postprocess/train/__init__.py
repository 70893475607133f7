"""A judge made of what was downloaded, which finds wrong labels and pictures of something else.

The loop learns from the training split and stops, calibrates and sets its threshold by validation.
The test split is looked at once, after all that, for the report.
"""

import tempfile
from pathlib import Path

from carscrape.recipe import load
from carscrape.store import Store, WriteError
from postprocess.models.weights import BackboneError
from postprocess.train.errors import TrainError
from postprocess.train.fitting import Options
from postprocess.train.report import summary
from postprocess.train.samples import read_samples
from postprocess.train.saving import check_folder, save
from postprocess.train.targets import target_of
from postprocess.train.training import run_training

__all__ = ["Options", "train"]


def train(store: Store, target: str, options: Options, to: Path | None = None) -> str:
    """Train a judge, and write it and what it is worth into a folder; returns what to say of it.

    Args:
        target: see `target_of`.
        to: the folder; None: STORE/judges/<target>.

    Raises:
        UsageError: the recipe has no such target, or the folder holds something else.
        TrainError: too little was kept to learn from, or the backbone cannot be had.
        StoreError: the store cannot be read, or was split with another seed.
        WriteError: the folder cannot be written; a judge that lay there before is whole.
    """
    known = target_of(target, load(str(store.recipe_path)), store)
    folder = to or store.judges_dir / known.name.replace(",", "-")
    check_folder(folder)
    samples = read_samples(store, known, options.seed)
    try:
        with tempfile.TemporaryDirectory(dir=store.root, prefix=".train-") as aside:
            training = run_training(known, samples, options, Path(aside) / "pixels")
        save(training, folder)
    except BackboneError as error:
        raise TrainError(str(error)) from error
    except OSError as error:
        where = error.filename or folder
        raise WriteError(f"cannot write {where}: {error.strerror}") from error
    return f"{summary(training)}\nthe judge: {folder}"
