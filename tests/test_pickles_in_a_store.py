"""A pickle that somebody else put into a store, or gave as weights, is not even opened."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import h5py
import pytest

from postprocess.backbones import load_backbone
from postprocess.models.weights import BackboneError
from tests.conftest import ROOT
from tests.crawling import DemoWeb, crawl, recipe


@pytest.mark.accepts("I04")
def test_pickles_that_lie_in_a_store_are_never_opened(tmp_path: Path, demo_web: DemoWeb) -> None:
    """Neither by a crawl nor by postprocess.

    postprocess and its own child processes speak through pipes, with pickles of their own making:
    nobody else can write into those. So here it is watched which files are opened.
    """
    demo = demo_web(faults="none")
    asked = (recipe(tmp_path, "red ford"), f"demo_port={demo.port}")
    store, ran, opened = tmp_path / "s", tmp_path / "ran", tmp_path / "opened"
    assert crawl("image_search", store, *asked, "per_query=5")[0] == 0
    assert postprocess("verify", store) == 0
    (key,) = (store / "verdicts" / "verify").iterdir()
    folders = [store, key, key.parent, *(store / n for n in ("ledger", "images", "evidence"))]
    for folder in folders:
        for name in DECOYS:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(pickle.dumps(RunsCode(ran)))
    pickle.loads((store / DECOYS[0]).read_bytes())
    ran.rmdir()  # so the decoys work

    fault = f"opened={opened}"
    assert crawl("image_search", store, *asked, faults=(fault,))[0] == 0
    for verb in ("dedupe", "report", "doctor"):
        assert postprocess(verb, store, fault) in (0, 1)
    assert not ran.exists()
    names = opened.read_text()
    assert str(store / "ledger" / "all.sqlite") in names
    assert not [name for name in names.splitlines() if name.endswith(DECOYS)]


DECOYS = ("all.pkl", "part-0.pickle", "spider.state", "requests.queue/p0", "part-0.joblib")


class RunsCode:
    """Unpickled it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.folder,)


def postprocess(verb: str, store: Path, *faults: str) -> int:
    command = [sys.executable, "-m", "tests.faulty.postprocess", *faults, "--", verb, str(store)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    return done.returncode


@pytest.mark.accepts("I04")
@pytest.mark.parametrize("name", ["model.keras", "weights.pkl", "weights.h5"])
def test_weights_that_are_no_weights_are_refused_unread(tmp_path: Path, name: str) -> None:
    """A model archive, or a pickle, under whatever name."""
    ran, path = tmp_path / "ran", tmp_path / name
    path.write_bytes(pickle.dumps(RunsCode(ran)))
    if name.endswith(".keras"):
        with ZipFile(path, "w") as archive:
            archive.writestr("config.json", '{"class_name": "Lambda"}')
    with pytest.raises(BackboneError, match="holds no weights"):
        load_backbone("MobileNetV2", path)
    assert not ran.exists()


@pytest.mark.accepts("I04")
def test_a_whole_model_given_as_weights_is_not_made(tmp_path: Path) -> None:
    """Of an old .h5 model only the arrays are looked at, never the code in its description."""
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(LAMBDA)
        file.create_group("model_weights").attrs["layer_names"] = ["lambda"]
        file["model_weights"].create_group("lambda").attrs["weight_names"] = []
    with pytest.raises(BackboneError, match="damaged or not those of a MobileNetV2"):
        load_backbone("MobileNetV2", path)


LAMBDA = {
    "class_name": "Sequential",
    "config": {"layers": [{"class_name": "Lambda", "config": {"function": ["4wEAAAA=", None]}}]},
}
