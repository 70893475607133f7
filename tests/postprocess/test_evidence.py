"""How sure each label is, in the dataset."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from judged import judge
from stores import Found, make_store, picture
from test_hits import MUSTANG, with_hits

from carscrape.store import Store
from postprocess import cli
from postprocess.exporters import load_exporter
from postprocess.hits.vectors import label_vectors
from postprocess.labels import kept_images

PANDA = {"color": "red", "make": "fiat", "model": "panda"}


def manifest(store: Store, folder: Path) -> dict[str, dict[str, str]]:
    load_exporter("folders").export(store, folder, seed=0)
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return {row["model"]: row for row in csv.DictReader(file)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A Mustang and a Panda."""
    store = make_store(tmp_path, [picture(1), Found(picture(2), PANDA)])
    judge(store)
    return store


def test_every_attribute_has_its_confidence_in_the_manifest(store: Store, tmp_path: Path) -> None:
    rows = manifest(store, tmp_path / "dataset")
    for name in ("confidence_color", "confidence_make", "confidence_model"):
        assert rows["mustang"][name] == "0.75"
    assert not [name for name in rows["mustang"] if name.startswith("hits_")]


def test_the_vector_of_make_and_model_is_joined(store: Store, tmp_path: Path) -> None:
    counts: list[Any] = [("bing", MUSTANG, "car", 9000), ("bing", MUSTANG, "truck", 1000)]
    with_hits(store, counts)
    (known,) = label_vectors(store).to_pylist()
    rows = manifest(store, tmp_path / "dataset")
    for term, share in known["vector"].items():
        assert float(rows["mustang"][f"hits_{term}"]) == pytest.approx(share, abs=1e-6)
        assert rows["panda"][f"hits_{term}"] == ""
    assert rows["mustang"]["hits_label"] == (known["label"] or "")
    assert rows["mustang"]["hits_margin"] == str(
        "" if known["margin"] is None else round(known["margin"], 6)
    )


def test_the_story_tells_what_the_hit_counts_say(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    with_hits(store, [("bing", MUSTANG, "car", 9000), ("bing", MUSTANG, "truck", 1000)])
    (image,) = (row["id"].hex() for row in kept_images(store).to_pylist() if "ford" in row["label"])
    assert cli.main(["why", str(store.root), image, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"] == label_vectors(store).to_pylist()[0]
    assert cli.main(["why", str(store.root), image]) == 0
    assert "hit counts of make ford, model mustang: " in capsys.readouterr().out


def test_an_attribute_named_as_a_column_does_not_take_its_place(tmp_path: Path) -> None:
    store = make_store(tmp_path, [Found(picture(1), {"confidence_model": "x", "model": "a"})])
    judge(store)
    (row,) = manifest(store, tmp_path / "dataset").values()
    assert (row["attribute_confidence_model"], row["confidence_model"]) == ("x", "0.75")
