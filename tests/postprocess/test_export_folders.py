import csv

import pytest
from judged import judge
from stores import BLUE, RED, Found, make_store, picture, sha

from postprocess.exporters import load_exporter

PICTURES = [picture(seed) for seed in range(24)]


@pytest.fixture
def store(tmp_path):
    """Twenty red ones, of which one is rejected, and four blue ones."""
    found = [Found(content, RED) for content in PICTURES[:20]]
    store = make_store(tmp_path, found + [Found(content, BLUE) for content in PICTURES[20:]])
    judge(store, {sha(PICTURES[0]): ("verify", "too_small")})
    return store


def export(store, to, seed=1):
    return load_exporter("folders").export(store, to, seed)


def tree(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def rows(folder):
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_images_are_the_served_bytes_in_the_split_the_store_remembers(store, tmp_path):
    done = export(store, tmp_path / "out")
    files = tree(tmp_path / "out")
    images = {path: content for path, content in files.items() if path.endswith(".jpg")}
    assert {sha(content) for content in images.values()} == {sha(p) for p in PICTURES[1:]}
    assert all(path.split("/")[2] == f"{sha(content)}.jpg" for path, content in images.items())
    assert done.images == len(images) == 23
    assert set(files) - set(images) == {
        *("manifest.csv", "left_out.csv", "certificate.json"),
        *("README.md", "croissant.json", "dataset-id.txt", "SHA256SUMS"),
    }


def test_manifest_has_a_row_per_image(store, tmp_path):
    done = export(store, tmp_path / "out")
    manifest = rows(tmp_path / "out")
    assert [row["path"] for row in manifest] == sorted(
        path for path in tree(tmp_path / "out") if path.endswith(".jpg")
    )
    for row in manifest:
        assert row["path"] == f"{row['split']}/{row['label'].replace(' ', '_')}/{row['sha256']}.jpg"
        assert row["color"] + " ford mustang" == row["label"]
        assert (row["engine"], row["type"], row["sources"]) == ("bing", "image/jpeg", "1")
        assert row["image_url"].startswith("https://images.example/")
    assert sum(row["split"] == "train" for row in manifest) == done.total("train")


def test_every_split_has_a_folder_for_every_label(store, tmp_path):
    export(store, tmp_path / "out")
    for split in ("train", "val", "test"):
        names = sorted(path.name for path in (tmp_path / "out" / split).iterdir())
        assert names == ["blue_ford_mustang", "red_ford_mustang"]


def test_cells_of_strangers_are_no_formulas_and_names_do_not_clash(tmp_path):
    store = make_store(tmp_path, [Found(PICTURES[0], {"type": "=cmd()", "label": "@x"})])
    judge(store)
    export(store, tmp_path / "out")
    (row,) = rows(tmp_path / "out")
    assert row["label"] == "'=cmd() @x"
    assert (row["attribute_type"], row["attribute_label"]) == ("'=cmd()", "'@x")
    assert row["path"].split("/")[1] == "cmd_x"


def test_the_card_states_counts_rule_seed_and_parameters(store, tmp_path):
    export(store, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "# 23 labelled images" in card
    assert "fetched between 1970-01-01 and 1970-01-01" in card
    assert "Drawn with seed 1: train 80 %" in card
    assert "keras.utils.image_dataset_from_directory" in card
    assert '- **verify** `{"stage": "verify", "version": 1}`' in card
