import os
import sqlite3
from dataclasses import replace

import pytest
from stores import RECIPE, picture, sha

from carscrape import recipe
from carscrape.items import Outcome
from carscrape.ledger import Ledger
from carscrape.ledger.images import Images
from carscrape.recipe import RecipeError
from carscrape.store import Store, StoreError
from postprocess import adopt as adopting
from postprocess.adopt import AdoptError
from postprocess.adopt import folder as folder_module
from postprocess.adopt import picture as picture_module
from postprocess.funnel import count, disagreements
from postprocess.labels import sources


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    write(folder / "cat" / "1.jpg", picture(1))
    write(folder / "cat" / "deep" / "2.png", picture(2, format_="PNG"))
    write(folder / "dog" / "100 % dog?#.jpg", picture(3, format_="WEBP"))
    write(folder / "top.gif", picture(4, format_="GIF"))
    return folder


def adopt(folder, store, recipe):
    adopted = adopting.adopt(folder, store, recipe)
    assert adopted.wrong == []
    return str(adopted)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def outcomes(store):
    return {row["url"]: row["outcome"] for row in store.rows("select url, outcome from image")}


def snapshot(store):
    files = {path: path.read_bytes() for path in store.images_dir.rglob("*") if path.is_file()}
    rows = [
        [tuple(row) for row in store.rows(f"select * from {table}")]
        for table in ("query", "page", "result", "image")
    ]
    return files, rows


def test_pictures_become_a_store(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    summary = adopt(folder, store, cars)
    assert summary == f"4 images added from {folder}; labels: 3"
    found = {image: place[0] for image, place in sources(store).items()}
    assert {image: place.attributes for image, place in found.items()} == {
        sha(picture(1)): {"label": "cat"},
        sha(picture(2, format_="PNG")): {"label": "cat"},
        sha(picture(3, format_="WEBP")): {"label": "dog"},
        sha(picture(4, format_="GIF")): {"label": "pictures"},
    }
    assert {place.engine for place in found.values()} == {"adopt"}
    assert store.images()[sha(picture(3, format_="WEBP"))] == "image/webp"
    for image, type_ in store.images().items():
        assert sha(store.image_path(image, type_).read_bytes()) == image
    assert recipe.load(str(store.recipe_path)) == cars


def test_the_funnel_counts_it(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    write(folder / "cat" / "copy.jpg", picture(1))
    write(folder / "cat" / "page.jpg", b"<html>")
    adopt(folder, store, cars)
    funnel = count(store)
    assert disagreements(funnel) == []
    assert (funnel.queries, funnel.results, funnel.files, funnel.same_bytes) == (3, 6, 4, 1)
    assert funnel.outcomes == {"stored": 5, "not_an_image": 1}
    assert funnel.pages == {"results": 3}


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (b"", Outcome.EMPTY),
        (b"<html>", Outcome.NOT_AN_IMAGE),
        (b"\x89PNG\r\n\x1a\n\0\0", Outcome.NOT_AN_IMAGE),
        (picture(1, format_="AVIF").replace(b"pitm", b"xxxx"), Outcome.NOT_AN_IMAGE),
        (picture(1, format_="TIFF"), Outcome.TYPE_NOT_ALLOWED),
        (picture(1, format_="BMP"), Outcome.STORED),
        (picture(1, format_="AVIF"), Outcome.STORED),
        (picture(1)[:-20], Outcome.STORED),  # verify reads to the end
    ],
)
def test_the_content_decides(folder, cars, tmp_path, content, outcome):
    write(folder / "cat" / "x.jpg", content)
    store = Store(tmp_path / "store")
    summary = adopt(folder, store, cars)
    assert outcomes(store)["adopt:///cat/x.jpg"] == outcome
    assert outcome == Outcome.STORED or f"not stored: {outcome} 1" in summary


def test_too_many_pixels_for_pillow_is_an_outcome(folder, cars, tmp_path, monkeypatch):
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 100 * 100)
    write(folder / "cat" / "big.png", picture(1, (200, 200), "PNG"))
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    assert outcomes(store)["adopt:///cat/big.png"] == Outcome.TOO_MANY_PIXELS


def test_again_changes_nothing(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    before = snapshot(store)
    summary = adopt(folder, store, cars)
    assert snapshot(store) == before
    assert "0 images added" in summary
    assert "files there already: 4" in summary


def test_a_folder_that_grew_adds_what_is_new(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    write(folder / "cat" / "0.jpg", picture(5))
    write(folder / "bird" / "1.jpg", picture(6))
    summary = adopt(folder, store, cars)
    assert "2 images added" in summary
    assert sources(store)[sha(picture(5))][0].attributes == {"label": "cat"}
    assert len(store.images()) == 6
    assert disagreements(count(store)) == []
    assert count(store).pages == {"results": 5}


def test_a_kill_at_any_file_costs_nothing(folder, cars, tmp_path, monkeypatch):
    whole = Store(tmp_path / "whole")
    adopt(folder, whole, cars)
    store = Store(tmp_path / "store")
    monkeypatch.setattr(folder_module, "_BATCH", 1)
    really, calls = picture_module.write_aside, []

    def dying(path, content):
        calls.append(path)
        if len(calls) in (1, 3, 4):
            raise KeyboardInterrupt
        return really(path, content)

    monkeypatch.setattr(picture_module, "write_aside", dying)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            adopt(folder, store, cars)
    adopt(folder, store, cars)
    assert outcomes(store) == outcomes(whole)
    assert store.images() == whole.images()
    assert disagreements(count(store)) == []


def test_a_file_that_vanished_before_it_was_copied_is_gone(folder, cars, tmp_path, monkeypatch):
    store = Store(tmp_path / "store")

    def dying(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(picture_module, "write_aside", dying)
        with pytest.raises(KeyboardInterrupt):
            adopt(folder, store, cars)
    (folder / "cat" / "1.jpg").unlink()
    assert "not stored: gone 1" in adopt(folder, store, cars)


def test_hidden_files_and_links_are_passed_over_and_counted(folder, cars, tmp_path):
    outside = tmp_path / "outside"
    write(outside / "secret.jpg", picture(9))
    (folder / "cat" / "link.jpg").symlink_to(outside / "secret.jpg")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    write(folder / ".git" / "x.jpg", picture(9))
    write(folder / "cat" / ".DS_Store", b"x")
    store = Store(tmp_path / "store")
    assert "passed over: 2 hidden, 2 links" in adopt(folder, store, cars)
    assert sha(picture(9)) not in store.images()


def test_unreadable_files_are_named_and_tried_again(folder, cars, tmp_path, monkeypatch):
    refused = folder / "cat" / "1.jpg"
    store = Store(tmp_path / "store")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, _: path != refused)
        assert f"1 unreadable (first: {refused}" in adopt(folder, store, cars)
    assert "1 images added" in adopt(folder, store, cars)


def test_a_file_that_changed_is_named(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    write(folder / "cat" / "1.jpg", picture(1) + b"more")
    summary = adopt(folder, store, cars)
    assert "changed since they were adopted, not read again: 1 (first: cat/1.jpg)" in summary


def test_names_that_are_no_utf8(folder, cars, tmp_path):
    write(folder / os.fsdecode(b"b\xe9b\xe9") / os.fsdecode(b"\xff.jpg"), picture(7))
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    place = sources(store)[sha(picture(7))][0]
    assert place.image_url == "adopt:///b%E9b%E9/%FF.jpg"
    assert place.attributes == {"label": "b\ufffdb\ufffd"}


def test_the_url_is_percent_encoded(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    assert "adopt:///dog/100%20%25%20dog%3F%23.jpg" in outcomes(store)


def test_folders_that_cannot_be_adopted(folder, cars, tmp_path):
    with pytest.raises(AdoptError, match="is no folder"):
        adopt(tmp_path / "nowhere", Store(tmp_path / "store"), cars)
    with pytest.raises(AdoptError, match="lies in"):
        adopt(folder, Store(folder / "store"), cars)
    write(tmp_path / "empty" / ".hidden", b"x")
    with pytest.raises(AdoptError, match=r"holds no files \(passed over: 1 hidden\)"):
        adopt(tmp_path / "empty", Store(tmp_path / "store"), cars)
    assert not (tmp_path / "store").exists()


def test_a_folder_without_images_is_an_error(cars, tmp_path):
    write(tmp_path / "texts" / "a.txt", b"text")
    with pytest.raises(AdoptError, match=r"holds no image .* not_an_image 1") as error:
        adopt(tmp_path / "texts", Store(tmp_path / "store"), cars)
    assert "\n" not in str(error.value)


def test_the_recipe_of_a_store_is_left_as_it_is(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    edited = RECIPE.replace("top_k = 4", "top_k = 9")
    store.recipe_path.write_text(edited, encoding="utf-8")
    adopt(folder, store, cars)
    assert store.recipe_path.read_text(encoding="utf-8") == edited


def test_a_recipe_of_another_name_is_refused_before_anything_is_written(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    before = snapshot(store)
    write(folder / "cat" / "0.jpg", picture(5))
    with pytest.raises(RecipeError, match=r"the recipe 'small', not 'dogs': say --recipe .*toml"):
        adopt(folder, store, replace(cars, name="dogs"))
    assert snapshot(store) == before
    assert store.recipe_path.read_text(encoding="utf-8") == RECIPE


def runs(store):
    return [tuple(row) for row in store.rows("select spider, reason, exit_code from run")]


def test_a_run_that_fails_is_ended_too(folder, cars, tmp_path, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    store = Store(tmp_path / "store")
    monkeypatch.setattr(Images, "finish", full)
    with pytest.raises(StoreError, match=r"cannot write the ledger .*all\.sqlite: .* is full"):
        adopt(folder, store, cars)
    assert runs(store) == [("adopt", "failed", 1)]


def test_a_run_whose_end_cannot_be_written_ends_with_one_line(folder, cars, tmp_path, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(Ledger, "end_run", full)
    with pytest.raises(StoreError, match="cannot write the ledger"):
        adopt(folder, Store(tmp_path / "store"), cars)


def test_the_run_is_written(folder, cars, tmp_path):
    store = Store(tmp_path / "store")
    adopt(folder, store, cars)
    assert runs(store) == [("adopt", "finished", 0)]
