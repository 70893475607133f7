import csv
import shutil

import pytest
from judged import judge
from stores import BLUE, RED, Found, make_store, picture, sha

from carscrape.store import Store, StoreError, WriteError
from postprocess.dataset.examples import ExportError
from postprocess.dataset.splits import SplitError, path_of
from postprocess.exporters import exporter_names, load_exporter

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


def test_folders_are_found_by_name():
    assert "folders" in exporter_names()
    assert load_exporter("folders").name == "folders"
    with pytest.raises(KeyError):
        load_exporter("base")


def test_images_are_the_served_bytes_in_the_split_the_store_remembers(store, tmp_path):
    done = export(store, tmp_path / "out")
    files = tree(tmp_path / "out")
    images = {path: content for path, content in files.items() if path.endswith(".jpg")}
    assert {sha(content) for content in images.values()} == {sha(p) for p in PICTURES[1:]}
    assert all(path.split("/")[2] == f"{sha(content)}.jpg" for path, content in images.items())
    assert done.images == len(images) == 23
    assert set(files) - set(images) == {"manifest.csv", "README.md", "dataset-id.txt"}


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


def test_twice_is_as_once_and_two_folders_are_alike(store, tmp_path):
    export(store, tmp_path / "out")
    before = tree(tmp_path / "out")
    export(store, tmp_path / "out")
    export(store, tmp_path / "other")
    assert tree(tmp_path / "out") == before == tree(tmp_path / "other")


def test_what_is_not_kept_any_more_is_removed_and_nothing_else(store, tmp_path):
    out = tmp_path / "out"
    export(store, out)
    (out / "train" / "notes.txt").write_text("mine")
    judge_again = {sha(content): ("dedupe", "near_duplicate") for content in PICTURES[20:]}
    shutil.rmtree(store.verdicts_dir)
    judge(store, judge_again)
    export(store, out)
    left = {row["sha256"] for row in rows(out)}
    assert left == {sha(content) for content in PICTURES[:20]}
    assert {path.rpartition("/")[2][:64] for path in tree(out) if path.endswith(".jpg")} == left
    assert (out / "train" / "notes.txt").exists()
    assert not (out / "train" / "blue_ford_mustang").exists()


def test_an_export_that_was_cut_short_is_finished(store, tmp_path):
    out = tmp_path / "out"
    export(store, out)
    whole = tree(out)
    (out / "manifest.csv").rename(out / "manifest.csv.part")
    image = next(out.glob("train/*/*.jpg"))
    image.rename(image.with_name(f".{image.name}.4711"))
    export(store, out)
    assert tree(out) == whole


def test_a_damaged_copy_is_repaired(store, tmp_path):
    out = tmp_path / "out"
    export(store, out)
    whole = tree(out)
    next(out.glob("train/*/*.jpg")).write_bytes(b"torn")
    export(store, out)
    assert tree(out) == whole


@pytest.mark.parametrize("name", ["holiday.jpg", "manifest.csv", "manifest.csv.part"])
def test_a_folder_of_somebody_else_is_refused_and_left_alone(store, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"mine")
    with pytest.raises(ExportError, match="not empty and holds no dataset of ours"):
        export(store, out)
    assert tree(out) == {name: b"mine"}
    assert not path_of(store).exists()


@pytest.mark.parametrize("cut_short", [False, True])
def test_the_dataset_of_another_store_is_refused_and_left_alone(store, tmp_path, cut_short):
    out = tmp_path / "out"
    export(store, out)
    if cut_short:
        (out / "manifest.csv").rename(out / "manifest.csv.part")
    whole = tree(out)
    (tmp_path / "elsewhere").mkdir()
    other = make_store(tmp_path / "elsewhere", [Found(PICTURES[0], RED)])
    judge(other)
    for _ in range(2):  # without an id of its own, and with one
        with pytest.raises(
            ExportError, match=r"out holds a dataset of another store than .*store:"
        ):
            export(other, out)
        export(other, tmp_path / "own")
    assert tree(out) == whole


def test_a_store_is_known_again_when_its_splits_are_drawn_anew(store, tmp_path):
    export(store, tmp_path / "out", seed=1)
    path_of(store).unlink()
    assert export(store, tmp_path / "out", seed=2).seed == 2


def test_a_file_in_the_place_of_the_folder_is_refused(store, tmp_path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(ExportError, match="is a file"):
        export(store, tmp_path / "out")
    with pytest.raises(WriteError, match=r"cannot write .*out"):
        export(store, tmp_path / "out" / "deeper")


def test_nothing_kept_is_an_error_and_no_empty_dataset(tmp_path):
    store = make_store(tmp_path, PICTURES[:1])
    judge(store, {sha(PICTURES[0]): ("verify", "too_small")})
    with pytest.raises(ExportError, match="nothing to export"):
        export(store, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_store_that_was_not_judged_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="postprocess run"):
        export(make_store(tmp_path, PICTURES[:1]), tmp_path / "out")
    with pytest.raises(StoreError, match="no store"):
        export(Store(tmp_path / "nowhere"), tmp_path / "out")


@pytest.mark.parametrize("damage", ["missing", "torn"])
def test_a_damaged_image_is_named_and_no_dataset_is_declared_complete(store, tmp_path, damage):
    path = store.image_path(sha(PICTURES[5]), "image/jpeg")
    path.unlink()
    if damage == "torn":
        path.write_bytes(PICTURES[5][:-1])
    with pytest.raises(ExportError, match=f"cannot export .*{path.name}.*doctor"):
        export(store, tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.csv").exists()


def test_another_seed_is_refused(store, tmp_path):
    export(store, tmp_path / "out", seed=1)
    with pytest.raises(SplitError, match="seed 1, not 2"):
        export(store, tmp_path / "out", seed=2)
    assert (tmp_path / "out" / "manifest.csv").exists()


def test_the_summary_names_labels_with_few_images(store, tmp_path):
    done = export(store, tmp_path / "out")
    assert done.few["blue ford mustang"] == 4
    assert "23 images in" in str(done)
    assert "'blue ford mustang' 4" in str(done)


def test_groups_share_a_split_and_bridges_are_left_out(store, tmp_path):
    export(store, tmp_path / "out")
    split_of = {row["sha256"]: row["split"] for row in rows(tmp_path / "out")}
    one = next(image for image, split in split_of.items() if split == "train")
    other = next(image for image, split in split_of.items() if split != "train")
    new = picture(99)
    make_store(tmp_path, [Found(new, {"color": "green"})])
    shutil.rmtree(store.verdicts_dir)
    judge(store, groups={one: one, other: one, sha(new): one})
    done = export(store, tmp_path / "out")
    assert done.left_out == 1
    assert sha(new) not in {row["sha256"] for row in rows(tmp_path / "out")}
    assert (
        split_of.items() <= {row["sha256"]: row["split"] for row in rows(tmp_path / "out")}.items()
    )
    assert "left out" in str(done)


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
