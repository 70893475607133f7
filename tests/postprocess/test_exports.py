"""What holds for every format that has images."""

import shutil

import pytest
from exporting import (
    IMAGE_FORMATS,
    PICTURES,
    export,
    judged_store,
    left_out,
    manifest,
    splits_of,
    tree,
)
from judged import judge
from stores import RED, Found, make_store, picture, sha
from test_metadata import OWNER, tagged

from carscrape.store import Store, StoreError, WriteError
from postprocess.dataset import image_exporter, register
from postprocess.dataset.examples import ExportError
from postprocess.dataset.splits import SplitError, path_of
from postprocess.doctor import examine
from postprocess.exporters import exporter_names, load_exporter
from postprocess.funnel import count
from postprocess.usage import UsageError

every_format = pytest.mark.parametrize("name", IMAGE_FORMATS)


@pytest.fixture
def store(tmp_path):
    return judged_store(tmp_path)


def test_formats_are_found_by_name():
    assert exporter_names() == ["csv", "folders", "parquet", "tfrecord", "urls", "webdataset"]
    for name in exporter_names():
        assert load_exporter(name).name == name
    with pytest.raises(UsageError, match="no format 'base'; there is: csv, folders, "):
        load_exporter("base")


@every_format
@pytest.mark.accepts("H06")
def test_files_manifest_summary_and_funnel_agree(store, tmp_path, name):
    done = export(store, tmp_path / "out", name)
    read = list(load_exporter(name).read(tmp_path / "out"))
    rows = manifest(tmp_path / "out")
    assert {image.id: image.split for image in read} == splits_of(tmp_path / "out")
    assert {sha(image.content) for image in read} == {sha(content) for content in PICTURES[1:]}
    assert len(read) == len(rows) == done.images == count(store).kept == 47
    for split in ("train", "val", "test"):
        assert done.total(split) == sum(row["split"] == split for row in rows)
    assert left_out(tmp_path / "out") == {}


@every_format
@pytest.mark.accepts("G06", "H06")
def test_twice_is_as_once_and_two_folders_are_alike(store, tmp_path, name):
    export(store, tmp_path / "out", name)
    before = tree(tmp_path / "out")
    export(store, tmp_path / "out", name)
    export(store, tmp_path / "other", name)
    assert tree(tmp_path / "out") == before == tree(tmp_path / "other")
    assert {path.name for path in tmp_path.iterdir()} == {"store", "out", "other"}


@every_format
@pytest.mark.accepts("H06")
def test_an_export_that_fails_leaves_what_was_there(store, tmp_path, name):
    export(store, tmp_path / "out", name)
    whole = tree(tmp_path / "out")
    store.image_path(sha(PICTURES[5]), "image/jpeg").write_bytes(PICTURES[5][:-1])
    for to in ("out", "new"):
        with pytest.raises(ExportError, match=r"cannot export .*do not match its name.*doctor"):
            export(store, tmp_path / to, name)
    assert tree(tmp_path / "out") == whole
    assert {path.name for path in tmp_path.iterdir()} == {"store", "out"}


def test_an_export_killed_while_it_claimed_its_folder_is_made_again(store, tmp_path):
    part = tmp_path / ".out.part"
    part.mkdir()
    (part / ".dataset-id.txt.4711").write_bytes(b"half")
    assert export(store, tmp_path / "out").images == 47
    assert not part.exists()


def test_what_is_being_removed_stays_ours_to_the_last(store, tmp_path, monkeypatch):
    """Or one killed on the way would be refused for ever, as somebody else's."""
    out, part = tmp_path / "out", tmp_path / ".out.part"
    export(store, out)
    shutil.copytree(out, part)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            export(store, out)
    assert export(store, out).images == 47
    assert not part.exists()


@pytest.mark.parametrize("killed", ["writing", "between the renames", "after the renames"])
def test_an_export_that_was_killed_is_made_again(store, tmp_path, killed, monkeypatch):
    out, part, old = tmp_path / "out", tmp_path / ".out.part", tmp_path / ".out.old"
    export(store, out)
    whole = tree(out)
    shutil.copytree(out, part if killed == "writing" else old)
    (part / "SHA256SUMS").unlink(missing_ok=True)
    if killed == "between the renames":
        shutil.rmtree(out)
        store.image_path(sha(PICTURES[5]), "image/jpeg").rename(tmp_path / "aside")
        with pytest.raises(ExportError):
            export(store, out)
        assert tree(out) == whole
        (tmp_path / "aside").rename(store.image_path(sha(PICTURES[5]), "image/jpeg"))
    export(store, out)
    assert tree(out) == whole
    assert {path.name for path in tmp_path.iterdir()} == {"store", "out"}


@every_format
@pytest.mark.accepts("H06")
def test_the_doctor_finds_every_file_that_is_gone_or_changed(store, tmp_path, name):
    export(store, tmp_path / "out", name)
    assert examine(store) == []
    image = tmp_path / "out" / manifest(tmp_path / "out")[0]["path"]
    shard = image if image.exists() else image.parent
    content = shard.read_bytes()
    shard.unlink()
    (line,) = examine(store)
    assert f"{shard} is missing" in line
    assert f"--format {name} --to {tmp_path / 'out'}" in line
    shard.write_bytes(content[:-1])
    assert f"{shard} holds other bytes" in examine(store)[0]
    shutil.rmtree(tmp_path / "out")
    assert examine(store) == []


@pytest.mark.parametrize("name", ["webdataset", "tfrecord", "parquet"])
@pytest.mark.accepts("H06")
def test_shards_are_of_a_stated_size_and_a_missing_one_is_an_error(
    store, tmp_path, name, monkeypatch
):
    monkeypatch.setattr("postprocess.dataset.shards.SHARD_BYTES", 5000)
    export(store, tmp_path / "out", name)
    shards = sorted((tmp_path / "out" / "train").iterdir())
    assert len(shards) > 3
    assert shards[1].stem == f"00001-of-{len(shards):05}"
    assert len(list(load_exporter(name).read(tmp_path / "out"))) == 47
    shards[1].unlink()
    with pytest.raises(ExportError, match="lacks shards"):
        list(load_exporter(name).read(tmp_path / "out"))


def test_what_is_not_kept_any_more_is_gone_in_the_next_export(store, tmp_path):
    export(store, tmp_path / "out")
    shutil.rmtree(store.verdicts_dir)
    judge(store, {sha(content): ("dedupe", "near_duplicate") for content in PICTURES[40:]})
    export(store, tmp_path / "out")
    assert set(splits_of(tmp_path / "out")) == {sha(content) for content in PICTURES[:40]}
    assert not (tmp_path / "out" / "train" / "blue_ford_mustang").exists()


def test_files_of_somebody_in_a_dataset_are_never_lost(store, tmp_path):
    export(store, tmp_path / "out")
    (tmp_path / "out" / "train" / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"among them train/notes\.txt: move them elsewhere"):
        export(store, tmp_path / "out")
    assert (tmp_path / "out" / "train" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["holiday.jpg", "manifest.csv", "SHA256SUMS"])
def test_a_folder_of_somebody_else_is_refused_and_left_alone(store, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"mine")
    with pytest.raises(ExportError, match="not empty and holds no dataset of ours"):
        export(store, out)
    assert tree(out) == {name: b"mine"}
    assert not path_of(store).exists()


def test_the_dataset_of_another_store_is_refused_and_left_alone(store, tmp_path):
    out = tmp_path / "out"
    export(store, out)
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


def test_a_full_disk_leaves_nothing_behind(store, tmp_path, monkeypatch):
    def full(path, examples):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(image_exporter, "write_manifest", full)
    with pytest.raises(WriteError, match=r"cannot write .*out: No space left"):
        export(store, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"store"}


def test_nothing_kept_is_an_error_and_no_empty_dataset(tmp_path):
    store = make_store(tmp_path, PICTURES[:1])
    judge(store, {sha(PICTURES[0]): ("verify", "too_small")})
    with pytest.raises(ExportError, match="nothing to export"):
        export(store, tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"store"}


def test_a_store_that_was_not_judged_is_an_error(tmp_path):
    with pytest.raises(StoreError, match="postprocess run"):
        export(make_store(tmp_path, PICTURES[:1]), tmp_path / "out")
    with pytest.raises(StoreError, match="no store"):
        export(Store(tmp_path / "nowhere"), tmp_path / "out")


def test_another_seed_is_refused(store, tmp_path):
    export(store, tmp_path / "out", seed=1)
    with pytest.raises(SplitError, match="seed 1, not 2"):
        export(store, tmp_path / "out", seed=2)
    assert (tmp_path / "out" / "manifest.csv").exists()


@pytest.mark.accepts("G10")
def test_labels_with_few_images_are_named_or_refused(store, tmp_path):
    with pytest.raises(ExportError, match=r"--refuse-few.*'blue ford mustang' 8"):
        export(store, tmp_path / "out", refuse_few=True)
    assert not path_of(store).exists()  # so that another seed may have images in every split
    assert not (tmp_path / "out").exists()
    done = export(store, tmp_path / "out")
    assert done.few["blue ford mustang"] == 8
    assert "47 images in" in str(done)
    assert "'blue ford mustang' 8" in str(done)


@pytest.mark.accepts("G06")
def test_a_new_picture_takes_the_split_of_its_copy_and_no_bridge_is_built(store, tmp_path):
    export(store, tmp_path / "out")
    before = splits_of(tmp_path / "out")
    one, other = (next(i for i, s in before.items() if s == split) for split in ("val", "test"))
    bridge, copy = picture(99), picture(98)
    make_store(tmp_path, [Found(bridge, {"color": "green"}), Found(copy, {"color": "green"})])
    shutil.rmtree(store.verdicts_dir)
    third = next(i for i, s in before.items() if s == "train")
    judge(store, groups={one: one, other: one, sha(bridge): one, third: third, sha(copy): third})
    done = export(store, tmp_path / "out")
    after = splits_of(tmp_path / "out")
    gone = {one: "bridges_splits", sha(bridge): "bridges_splits"}
    assert left_out(tmp_path / "out") == gone
    assert done.left_out == 2
    assert after[sha(copy)] == "train"
    assert {i: s for i, s in before.items() if i not in gone}.items() <= after.items()
    assert "they would join two splits: 2" in str(done)
    assert done.images + done.left_out == count(store).kept
    assert done.leaks == 0


@every_format
@pytest.mark.accepts("C07")
def test_people_and_places_are_gone_unless_they_are_asked_for(tmp_path, name):
    served = {kind: tagged(kind) for kind in ("JPEG", "PNG", "WEBP")}
    found = [Found(c, type=f"image/{kind.lower()}") for kind, c in served.items()]
    store = make_store(tmp_path, [*found, Found(picture())])
    judge(store, groups={sha(content): sha(served["PNG"]) for content in served.values()})
    exporter = load_exporter(name)
    export(store, tmp_path / "out", name)
    contents = [image.content for image in exporter.read(tmp_path / "out")]
    assert len(contents) == 4
    assert not any(OWNER in content for content in contents)
    export(store, tmp_path / "out", name, keep_metadata=True)
    kept = {image.content for image in exporter.read(tmp_path / "out")}
    assert kept == {*served.values(), picture()}


def test_what_cannot_be_cleaned_is_left_out_and_counted(tmp_path):
    damaged = tagged("JPEG")[:-2]
    store = make_store(tmp_path, [Found(damaged), Found(picture())])
    judge(store)
    done = export(store, tmp_path / "out")
    assert left_out(tmp_path / "out") == {sha(damaged): "unclean_metadata"}
    assert (done.images, done.unclean) == (1, 1)
    assert "--keep-metadata): 1" in str(done)
    assert export(store, tmp_path / "out", keep_metadata=True).images == 2


@pytest.mark.accepts("H01")
def test_hostile_labels_stay_inside_the_dataset(tmp_path):
    labels = ["..", "../../x", "CON", "a/b", "a\\b", "name.", "x" * 300, "😀", "\0", "\u200f", "x"]
    labels += ["\u0160koda", "S\u030ckoda", "=1"]
    found = [Found(picture(n), {"label": label}) for n, label in enumerate(labels)]
    store = make_store(tmp_path, found)
    judge(store)
    for name in IMAGE_FORMATS:
        export(store, tmp_path / name, name)
        assert sorted(row["label"] for row in manifest(tmp_path / name)) == sorted(labels)
    assert {path.name for path in tmp_path.iterdir()} == {"store", *IMAGE_FORMATS}
    assert len(list((tmp_path / "folders" / "train").iterdir())) == len(labels)


def test_a_register_that_is_damaged_is_one_line(store, tmp_path):
    export(store, tmp_path / "out")
    assert register.read(store) == {tmp_path / "out": "folders"}
    register.path_of(store).write_text("[")
    assert "delete it" in examine(store)[0]
