"""Every format as its official reader sees it; a reader that is not installed is skipped.

What is not in tests/requirements.txt is heavy: `pip install fastai` brings torch and torchvision.
"""

import csv
import glob
import io
import json
import shlex
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from threading import Thread

import numpy as np
import pyarrow.parquet as pq
import pytest
from brought_back import img2dataset
from exporting import PICTURES, export, judged_store, manifest
from PIL import Image
from stores import BLUE, RED, Found, make_store, sha

from carscrape.items import Outcome
from carscrape.store import Store
from postprocess import cli
from postprocess.exporters import load_exporter

pytestmark = [pytest.mark.accepts("H06"), pytest.mark.filterwarnings("default")]

LABELS = ["blue ford mustang", "red ford mustang"]
SPLITS = {"train": "train", "val": "validation", "test": "test"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return judged_store(tmp_path_factory.mktemp("exported"))


def exported(store: Store, name):
    to = store.root.parent / name
    export(store, to, name)
    return to


def expected(folder, split):
    """sha256 -> label of what should be in a split."""
    rows = manifest(folder)
    found = {row["sha256"]: row["label"] for row in rows if row["split"] == split}
    assert found
    return found


def test_keras_reads_folders(store):
    import keras

    folder = exported(store, "folders")
    for split in SPLITS:
        read = keras.utils.image_dataset_from_directory(
            folder / split, batch_size=None, image_size=(8, 8), shuffle=False, verbose=False
        )
        assert read.class_names == ["blue_ford_mustang", "red_ford_mustang"]
        labels = [LABELS[int(label)] for _, label in read]
        assert sorted(labels) == sorted(expected(folder, split).values())


TORCHVISION = """
import json, sys
from torchvision.datasets import ImageFolder
read = ImageFolder(sys.argv[1], allow_empty=True)
assert all(image.size == (96, 80) for image, _ in read)
print(json.dumps([read.classes, [number for _, number in read.samples]]))
"""
FASTAI = """
import json, sys
from fastai.vision.all import ImageDataLoaders, Resize
loaders = ImageDataLoaders.from_csv(
    sys.argv[1], folder="images", valid_col="is_valid", item_tfms=Resize(32), num_workers=0, bs=4
)
assert loaders.train.one_batch()[0].shape == (4, 3, 32, 32)
labels = ([int(label) for _, label in part] for part in (loaders.train_ds, loaders.valid_ds))
print(json.dumps([list(loaders.vocab), *labels]))
"""


def read_apart(package, code, folder):
    """What a program prints that reads the folder; torch and TensorFlow share no process."""
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed, and too heavy for tests/requirements.txt")
    command = [sys.executable, "-W", "ignore", "-c", code, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=150)
    return json.loads(done.stdout)


def test_torchvision_reads_folders(store):
    folder = exported(store, "folders")
    for split in SPLITS:
        classes, numbers = read_apart("torchvision", TORCHVISION, folder / split)
        assert classes == ["blue_ford_mustang", "red_ford_mustang"]
        labels = [LABELS[number] for number in numbers]
        assert sorted(labels) == sorted(expected(folder, split).values())


def test_webdataset_reads_its_shards(store):
    webdataset = pytest.importorskip("webdataset")
    folder = exported(store, "webdataset")
    for split in SPLITS:
        shards = sorted(glob.glob(f"{folder}/{split}/*.tar"))
        samples = webdataset.WebDataset(shards, shardshuffle=False, empty_check=False)
        found = {}
        for key, image, record in samples.decode("rgb8").to_tuple("__key__", "jpg", "json"):
            with Image.open(io.BytesIO(PICTURES[[*map(sha, PICTURES)].index(key)])) as picture:
                assert np.array_equal(image, np.asarray(picture))
            assert LABELS[record["class"]] == record["label"]
            assert record["attributes"]["model"] == "mustang"
            found[key] = record["label"]
        assert found == expected(folder, split)


def test_tensorflow_reads_records(store):
    import tensorflow as tf

    folder = exported(store, "tfrecord")
    wanted = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
        "image/class/text": tf.io.FixedLenFeature([], tf.string),
        "image/format": tf.io.FixedLenFeature([], tf.string),
    }
    for split in SPLITS:
        found = {}
        files = sorted(glob.glob(f"{folder}/{split}/*.tfrecord"))
        for record in tf.data.TFRecordDataset(files):
            read = tf.io.parse_single_example(record, wanted)
            assert tf.io.decode_image(read["image/encoded"]).shape == (80, 96, 3)
            label = read["image/class/text"].numpy().decode()
            assert LABELS[int(read["image/class/label"])] == label
            assert read["image/format"] == b"jpg"
            found[sha(read["image/encoded"].numpy())] = label
        assert found == expected(folder, split)


def test_tensorflow_finds_a_changed_byte(store):
    import tensorflow as tf

    folder = exported(store, "tfrecord")
    (path,) = (folder / "train").iterdir()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(tf.errors.DataLossError):
        list(load_exporter("tfrecord").read(folder))
    shutil.rmtree(folder)


def test_datasets_reads_parquet(store, tmp_path):
    datasets = pytest.importorskip("datasets")
    folder = exported(store, "parquet")
    read = datasets.load_dataset(str(folder), cache_dir=str(tmp_path))
    assert set(read) == set(SPLITS.values())
    for split, name in SPLITS.items():
        part = read[name]
        assert isinstance(part.features["image"], datasets.Image)
        assert part.features["label"].names == LABELS
        assert part[0]["image"].size == (96, 80)
        assert json.loads(part[0]["attributes"])["make"] == "ford"
        found = {row["sha256"]: LABELS[row["label"]] for row in part.remove_columns("image")}
        assert found == expected(folder, split)


def test_csv_is_what_fastai_reads(store):
    folder = exported(store, "csv")
    for name, splits in (("labels.csv", ("train", "val")), ("test.csv", ("test",))):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        listed = {row["fname"].rpartition("/")[2][:64]: row["label"] for row in rows}
        assert listed == {k: v for split in splits for k, v in expected(folder, split).items()}
        assert all((folder / "images" / row["fname"]).is_file() for row in rows)
        assert all((row["is_valid"] == "True") == row["fname"].startswith("val/") for row in rows)


def test_fastai_reads_csv(store):
    folder = exported(store, "csv")
    vocabulary, *parts = read_apart("fastai", FASTAI, folder)
    assert vocabulary == LABELS
    for numbers, split in zip(parts, ("train", "val"), strict=True):
        labels = [LABELS[number] for number in numbers]
        assert sorted(labels) == sorted(expected(folder, split).values())


@pytest.fixture
def listed(tmp_path):
    """A store of which nothing was judged: two stored, one of them for two queries, two not."""
    same = "https://images.example/same"
    store = make_store(
        tmp_path,
        [
            Found(PICTURES[0], RED, url=same),
            Found(PICTURES[1], RED),
            Found(b"", RED, outcome=Outcome.GONE),
            Found(b"1", RED, outcome=None),
            Found(PICTURES[0], BLUE, url=same),
        ],
    )
    done = export(store, tmp_path / "urls", "urls")
    assert "4 URLs" in str(done)
    return tmp_path / "urls"


def test_urls_have_every_result_once_asked_or_not(listed):
    (path,) = listed.glob("*.parquet")
    rows = pq.read_table(path).to_pylist()
    assert [row["hash"] for row in rows] == [sha(PICTURES[0]), sha(PICTURES[1]), None, None]
    assert len({row["url"] for row in rows}) == 4
    assert rows[0]["caption"] == "red ford mustang"
    assert json.loads(rows[0]["labels"]) == ["red ford mustang", "blue ford mustang"]
    assert rows[3]["page_url"] == "https://pages.example/1"


def test_urls_need_no_judgement(tmp_path, capsys):
    store = make_store(tmp_path, [Found(b"", outcome=None)])
    to = tmp_path / "urls"
    assert cli.main(["export", str(store.root), "--format", "urls", "--to", str(to)]) == 0
    assert f"1 URLs in {to}: img2dataset --url_list" in capsys.readouterr().out


def test_urls_are_named_as_a_shell_reads_them(tmp_path):
    to = tmp_path / "my urls"
    said = str(export(make_store(tmp_path, [Found(b"", outcome=None)]), to, "urls"))
    command = shlex.split(said.partition(": ")[2])
    assert command[command.index("--url_list") + 1] == str(to)


@pytest.mark.parametrize("option", [("--seed", "3"), ("--keep-metadata",), ("--refuse-few",)])
def test_urls_have_no_pictures_to_choose_for(tmp_path, capsys, option):
    store, to = make_store(tmp_path, [Found(b"", outcome=None)]), tmp_path / "urls"
    command = ["export", str(store.root), "--format", "urls", "--to", str(to), *option]
    assert cli.main(command) == 2
    assert "say how pictures are written: urls has none" in capsys.readouterr().err
    assert not to.exists()


def test_no_urls_are_no_list(tmp_path, capsys):
    store, to = make_store(tmp_path, []), tmp_path / "urls"
    assert cli.main(["export", str(store.root), "--format", "urls", "--to", str(to)]) == 1
    assert "knows no URL: crawl into it first" in capsys.readouterr().err
    assert not to.exists()


def test_urls_come_in_files_of_stated_size(tmp_path, monkeypatch):
    monkeypatch.setattr("postprocess.exporters.urls.FILE_ROWS", 2)
    monkeypatch.setattr("postprocess.exporters.urls._GROUP_ROWS", 1)
    store = make_store(tmp_path, PICTURES[:5])
    export(store, tmp_path / "urls", "urls")
    sizes = [pq.read_table(p).num_rows for p in sorted((tmp_path / "urls").glob("*.parquet"))]
    assert sizes == [2, 2, 1]
    assert export(store, tmp_path / "urls", "urls").urls == 5


@pytest.fixture
def web(tmp_path):
    """The base of URLs that serve 0.jpg to 2.jpg."""
    (tmp_path / "web").mkdir()
    for number in range(3):
        (tmp_path / "web" / f"{number}.jpg").write_bytes(PICTURES[number])
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "web")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_img2dataset_downloads_what_was_not_asked_yet(web, tmp_path):
    found = [Found(b"", url=f"{web}/{number}.jpg", outcome=None) for number in range(3)]
    done = export(make_store(tmp_path, found), tmp_path / "urls", "urls")
    img2dataset(done, tmp_path / "got")
    got = pq.read_table(tmp_path / "got" / "00000.parquet").to_pylist()
    assert {row["sha256"] for row in got} == set(map(sha, PICTURES[:3]))
    assert {row["caption"] for row in got} == {"red ford mustang"}
    assert {row["labels"] for row in got} == {'["red ford mustang"]'}
