import io
import json
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from exporting import PICTURES, export, judged_store, splits_of
from judged import judge
from PIL import Image
from stores import Found, make_store, sha

from postprocess import cli
from postprocess.certificate import Exported, certify, pages
from postprocess.dataset import splits
from postprocess.exporters import load_exporter

pytestmark = pytest.mark.accepts("G06")


@pytest.fixture
def store(tmp_path):
    return judged_store(tmp_path)


def said(folder):
    return json.loads((folder / "certificate.json").read_text(encoding="utf-8"))


def images(*pairs):
    return [Exported(split, sha(content), content) for split, content in pairs]


def checked(store, *pairs):
    certificate = certify(store, images(*pairs))
    return {check.name: check for check in certificate.checks}


def saved_again(content, side=64, quality=60):
    with Image.open(io.BytesIO(content)) as image:
        file = io.BytesIO()
        image.resize((side, side * image.height // image.width)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def photo(seed, size=(160, 120)):
    """Something with more to it than a flat drawing."""
    noise = np.random.default_rng(seed).integers(0, 256, (7, 9)).astype(np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    file = io.BytesIO()
    Image.merge("RGB", (image, image.rotate(180), image)).save(file, "JPEG", quality=92)
    return file.getvalue()


def test_an_export_bears_its_certificate_and_says_it_in_a_line(store, tmp_path):
    done = export(store, tmp_path / "out")
    certificate = said(tmp_path / "out")
    assert certificate["passed"]
    sizes = [done.total(split) for split in ("train", "val", "test")]
    assert sum(sizes) == 47
    pairs = (47**2 - sum(size**2 for size in sizes)) // 2
    assert certificate["checks"]["bytes"]["pairs"] == pairs
    assert certificate["checks"]["looks"]["pairs"] == pairs
    assert len(certificate["limits"]) == 3
    assert f"certificate: nothing leaks; pairs compared between splits: {pairs:,} by bytes" in str(
        done
    )


def test_the_same_file_in_two_splits_leaks(store):
    found = checked(store, ("train", PICTURES[1]), ("test", PICTURES[1]), ("val", PICTURES[2]))
    assert found["bytes"].leaks == [(sha(PICTURES[1]), sha(PICTURES[1]))]
    one, other = (
        Exported(split, id_ * 64, b"same") for split, id_ in (("train", "a"), ("val", "b"))
    )
    assert certify(store, [one, other]).leaks == [(one.id, other.id)]
    assert certify(store, [one, Exported("train", "b" * 64, b"same")]).leaks == []


def test_the_same_picture_in_two_splits_leaks(store):
    one = photo(1)
    found = checked(store, ("train", one), ("test", saved_again(one)), ("val", photo(2)))
    assert [set(pair) for pair in found["looks"].leaks] == [{sha(one), sha(saved_again(one))}]
    assert found["looks"].pairs == 3
    assert checked(store, ("val", one), ("val", saved_again(one)))["looks"].leaks == []


def test_pictures_of_one_tone_are_like_all_others_and_so_are_not_compared(store):
    plain = [picture_of(colour) for colour in ("white", "#fefefe")]
    found = checked(store, ("train", plain[0]), ("test", plain[1]))["looks"]
    assert (found.leaks, found.exempt) == ([], {"images of one tone": 2})


def picture_of(colour):
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    return file.getvalue()


def show(store, *shown):
    """Let every image be on a page of its own, but for these, which lie on one page each time."""
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        ledger.execute("update result set page_url = 'https://pages.example/of/' || image")
        for number, contents in enumerate(shown):
            ids = ",".join(f"'{sha(content)}'" for content in contents)
            ledger.execute(
                f"update result set page_url = 'https://pages.example/{number}' where image in "
                f"(select id from image where sha256 in ({ids}))"
            )


CROWD = [f"{number:064x}" for number in range(5000)]  # kept, and on no page


def test_neighbours_on_a_small_page_leak(store):
    show(store, PICTURES[1:4], PICTURES[10:12])
    split = dict.fromkeys(map(sha, PICTURES), "train") | {sha(PICTURES[3]): "val"}
    found = pages.check(store, split, CROWD)
    assert found.leaks == sorted(tuple(sorted((sha(p), sha(PICTURES[3])))) for p in PICTURES[1:3])
    assert found.pairs == 3 + 1
    assert pages.check(store, dict.fromkeys(split, "test"), CROWD).leaks == []


def test_large_pages_and_webs_that_swallow_a_crawl_are_exempt_and_counted(store):
    show(store, PICTURES[1:22], PICTURES[30:32])
    split = {sha(content): ("train", "val")[n % 2] for n, content in enumerate(PICTURES)}
    found = pages.check(store, split, CROWD)
    assert len(found.leaks) == found.pairs == 1
    assert found.exempt["pages with more than 20 kept images"] == 1
    alone = pages.check(store, split, [])
    assert (alone.leaks, alone.pairs) == ([], 1)
    assert alone.exempt["pairs in webs of a hundredth of the images or more"] == 1


def test_an_export_keeps_pages_together(store, tmp_path, monkeypatch):
    monkeypatch.setattr(splits, "MOST_OF_STORE", 1.0)
    monkeypatch.setattr(pages, "SHARE", 1)
    show(store, *(PICTURES[n : n + 8] for n in range(0, 48, 8)))
    done = export(store, tmp_path / "out")
    split = splits_of(tmp_path / "out")
    assert done.leaks == 0
    assert said(tmp_path / "out")["checks"]["pages"]["pairs"] == 21 + 5 * 28
    for n in range(0, 48, 8):
        assert len({split[sha(p)] for p in PICTURES[n : n + 8] if sha(p) in split}) == 1


def test_copies_that_dedupe_knows_leak(tmp_path):
    store = judged_store(tmp_path, groups={sha(PICTURES[2]): sha(PICTURES[1])})
    found = checked(store, ("train", PICTURES[1]), ("test", PICTURES[2]))
    assert found["groups"].leaks == [tuple(sorted(map(sha, PICTURES[1:3])))]
    assert found["groups"].pairs == 1


@pytest.mark.parametrize("leak", [True, False])
def test_a_planted_leak_fails_the_export(store, tmp_path, capsys, monkeypatch, leak):
    one, again = photo(1), saved_again(photo(1))
    green = {"color": "green"}
    make_store(tmp_path, [Found(one, green), Found(again, green)])
    shutil.rmtree(store.verdicts_dir)
    judge(store)
    others = [i for i in store.images() if i not in (sha(one), sha(again))]
    split = {sha(one): "train", sha(again): "test" if leak else "train"}
    drawn = splits.Splits(0, {}, {})
    for image in [*others, *split]:
        drawn.split[bytes.fromhex(image)] = split.get(image, "val")
        drawn.unit[bytes.fromhex(image)] = bytes.fromhex(image)
    splits.remember(store, drawn)
    to = tmp_path / "out"
    assert cli.main(["export", str(store.root), "--format", "folders", "--to", str(to)]) == leak
    printed = capsys.readouterr()
    assert ("1 pairs of images lie in two splits" in printed.err) == leak
    assert ("certificate: 1 PAIRS LEAK" in printed.out) == leak
    assert said(to)["passed"] is not leak
    assert len(said(to)["checks"]["looks"]["found"]) == leak
    assert cli.main(["export", str(store.root), "--format", "folders", "--to", str(to)]) == 0
    assert said(to)["passed"]
    left = (to / "left_out.csv").read_text().splitlines()[1:]
    assert left == ([f"{sha(one)},bridges_splits"] if leak else [])
    assert splits_of(to)[sha(again)] == ("test" if leak else "train")


def test_a_file_that_was_moved_into_another_split_is_seen_in_any_format(store, tmp_path):
    export(store, tmp_path / "out")
    exporter = load_exporter("folders")
    assert certify(store, exporter.read(tmp_path / "out")).leaks == []
    image = next((tmp_path / "out" / "train").glob("*/*.jpg"))
    shutil.copy(image, tmp_path / "out" / "test" / image.parent.name)
    assert certify(store, exporter.read(tmp_path / "out")).leaks
    assert set(splits_of(tmp_path / "out").values()) == {"train", "val", "test"}
