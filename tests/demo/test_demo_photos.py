import tomllib
from collections import Counter
from pathlib import Path

import pytest
from demo_client import all_images, fetch

from carscrape.demo.__main__ import main
from carscrape.demo.photos import PhotoWorld
from carscrape.demo.truth import row
from carscrape.demo.web import key_of
from carscrape.recipe import load

PHOTOS = Path(__file__).parents[2] / ".." / "shared" / "images"
pytestmark = pytest.mark.skipif(not PHOTOS.is_dir(), reason="no ../shared/images with real photos")
WORLD = PhotoWorld(7, "none", PHOTOS) if PHOTOS.is_dir() else None
SETS = ("cars", "vehicles", "imagenet", "junk", "bad")


def files_in(name):
    return sorted(
        path.relative_to(PHOTOS).as_posix()
        for path in (PHOTOS / name).rglob("*")
        if path.is_file() and path.name != "INDEX.tsv"
    )


def test_recipe_finds_every_photo_and_every_photo_is_served_whole(demo_web, tmp_path):
    assert main(["--photos", str(PHOTOS), "--queries", str(tmp_path / "photos.toml")]) == 0
    recipe = load(tmp_path / "photos.toml")
    base = demo_web(photos=PHOTOS, faults="none").base
    names = {photo.key: name for name, photo in WORLD.photos.items()}
    served = Counter()
    for query in recipe.queries():
        for url in all_images(base, query.text):
            answer = fetch(url)
            name = names[key_of(url)]
            assert (answer.status, answer.body) == (200, (PHOTOS / name).read_bytes())
            served[name] += 1
    everything = [name for group in SETS for name in files_in(group)]
    assert sorted(served) == sorted(everything)


def test_recipe_keeps_road_vehicles(tmp_path):
    path = tmp_path / "photos.toml"
    main(["--photos", str(PHOTOS), "--queries", str(path)])
    recipe = load(path)
    assert (recipe.engines, recipe.per_query, recipe.attributes) == (("demo",), 100, ("model",))
    assert (recipe.subject.top_k, recipe.subject.min_probability) == (4, None)
    assert len(recipe.subject.synsets()) == 22
    assert max(WORLD.count(label) for label in WORLD.hands) < recipe.per_query
    assert tomllib.loads(path.read_text())["phrases"] == ["{model}"]


def test_photos_of_the_label_are_among_its_results():
    label = "Audi TTS Coupe 2012"
    found = [WORLD.key(label, rank) for rank in range(WORLD.count(label))]
    truths = [WORLD.truth(key) for key in found]
    own = [truth for truth in truths if truth.kind == "cars"]
    assert len(own) == 10
    assert {truth.label for truth in own} == {label}
    assert len(truths) > len(own)
    assert WORLD.count("no such label") == 0


def test_what_is_good():
    kinds = {}
    for photo in WORLD.photos.values():
        kinds.setdefault(photo.kind, set()).add(photo.good)
    good = {"cars", "vehicles/Car", "vehicles/Truck", "vehicles/Bus", "imagenet/vehicle"}
    assert {kind for kind, values in kinds.items() if values == {True}} == good
    assert {kind for kind, values in kinds.items() if values == {False}} == kinds.keys() - good
    assert {"vehicles/motorcycle", "imagenet/other", "junk/toy_car", "bad"} < kinds.keys()


def test_equal_files_are_one_original():
    key = next(iter(WORLD.photos.values())).key
    columns = row(WORLD, f"http://127.0.0.9:1/{key}")
    assert len(columns[3]) == 16
    assert columns[5] == "fine"


def test_faults_come_on_top_and_cost_their_photos():
    world = PhotoWorld(7, "hostile", PHOTOS)
    lost = [
        photo.name
        for photo in world.photos.values()
        if photo.good and not world.truth(photo.key).good
    ]
    assert 0.2 < len(lost) / sum(photo.good for photo in world.photos.values()) < 0.5


def test_index_without_its_columns_is_one_line(tmp_path, capsys):
    (tmp_path / "cars").mkdir()
    (tmp_path / "cars" / "INDEX.tsv").write_text("file\tbrand\na.jpg\tFord\n")
    assert main(["--photos", str(tmp_path)]) == 2
    assert "'make_model_year'" in capsys.readouterr().err


def test_index_that_names_a_missing_file_is_one_line(tmp_path, capsys):
    (tmp_path / "cars").mkdir()
    (tmp_path / "cars" / "INDEX.tsv").write_text("file\tmake_model_year\na.jpg\tFord Ka\n")
    assert main(["--photos", str(tmp_path)]) == 2
    assert "cars/a.jpg" in capsys.readouterr().err
