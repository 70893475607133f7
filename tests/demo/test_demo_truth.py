import csv
import io
from collections import defaultdict
from types import SimpleNamespace

import pytest
from demo_client import all_images, fetch
from PIL import Image

from carscrape.demo.drawn import DrawnWorld
from carscrape.demo.faults import CONTENTS
from carscrape.demo.pictures import COLORS
from carscrape.demo.truth import COLUMNS, main, row
from carscrape.demo.web import key_of
from carscrape.demo.words import TERMS, body_of, canonical, meaning, query_of, slug
from carscrape.items import Result
from carscrape.ledger import Ledger
from carscrape.store import Store

QUERY = "red Ford Mustang"
WORLD = DrawnWorld(7, "hostile")


def keys(world=WORLD, query=QUERY, number=1000):
    return [world.key(query, rank) for rank in range(min(number, world.count(query)))]


def test_kinds_have_their_shares():
    found = [WORLD.shows(WORLD.key(f"q {n}", rank)).kind for n in range(100) for rank in range(50)]
    for kind, share in CONTENTS["hostile"].items():
        if kind != "shared_url":
            assert found.count(kind) == pytest.approx(share * len(found), rel=0.2), kind


def test_label_is_the_colour_drawn_and_the_words_of_the_query():
    for key in keys():
        truth = WORLD.shows(key)
        if truth.kind in ("car", "duplicate", "near_duplicate") and "red_" in key:
            assert truth.label == QUERY
        elif truth.kind in ("wrong_color", "two_labels"):
            assert truth.label != QUERY
            assert truth.label.endswith(" Ford Mustang")
            assert truth.label.split()[0] in COLORS
        elif truth.kind in ("off_topic", "placeholder"):
            assert truth.label == ""


def test_one_original_one_file_unless_it_was_compressed_again():
    files = defaultdict(set)
    for key in keys():
        if WORLD.shows(key).kind != "near_duplicate":
            files[WORLD.shows(key).original].add(WORLD.file(key).content)
    assert all(len(contents) == 1 for contents in files.values())
    assert len(set.union(*files.values())) == len(files)


def test_copies_are_copies_of_another_result_of_the_query():
    by_original = defaultdict(list)
    for key in keys():
        by_original[WORLD.shows(key).original].append(WORLD.shows(key).kind)
    for kinds in by_original.values():
        if {"duplicate", "near_duplicate"} & set(kinds):
            assert "car" in kinds


def test_near_duplicates_are_smaller():
    key = next(key for key in keys() if WORLD.shows(key).kind == "near_duplicate")
    query, rank = WORLD.shows(key).original.rsplit("/", 1)
    original = Image.open(io.BytesIO(WORLD.file(f"img/{slug(query)}/{rank}.jpg").content))
    copy = Image.open(io.BytesIO(WORLD.file(key).content))
    assert copy.width < original.width
    assert copy.width / copy.height == pytest.approx(original.width / original.height, rel=0.02)


def test_some_urls_are_results_of_two_queries():
    foreign = [key for key in keys() if "/red_Ford_Mustang/" not in key]
    assert foreign
    for key in foreign:
        other = query_of(key.split("/")[1])
        assert key in keys(query=other)
        assert WORLD.shows(key).label == other


def test_what_cannot_be_had_is_not_good():
    for key in keys():
        if WORLD.fault(key) in ("not_found", "robots", "noai", "drip", "cut", "dead_host"):
            assert not WORLD.truth(key).good
        elif WORLD.fault(key) in ("fine", "throttled", "redirect"):
            assert WORLD.truth(key).good == WORLD.shows(key).good


def test_nothing_is_wrong_with_none():
    world = DrawnWorld(7, "none")
    truths = [world.truth(key) for key in keys(world)]
    assert all(truth.good and truth.label == QUERY for truth in truths)
    assert len({truth.original for truth in truths}) == 1000


def test_query_without_a_colour_gets_all_of_them():
    labels = [DrawnWorld(7, "none").shows(f"img/Ford_Ka/{rank}.jpg").label for rank in range(200)]
    assert {label.split()[0] for label in labels} == set(COLORS)


def test_words():
    assert meaning("red Ford Mustang") == meaning(canonical(' "red  Ford Mustang" '))
    assert meaning("Ford Mustang suv") == meaning("Ford Mustang SUV")
    assert meaning("Ford Mustang suv").subject == "Ford Mustang"
    assert meaning("red").subject == ""
    for query in ("a b", "X1/9", "Škoda %2F", "?#&"):
        assert query_of(slug(query)) == query
    bodies = [body_of(1, f"model {number}") for number in range(1000)]
    assert set(bodies) == set(TERMS)
    assert bodies.count("car") == pytest.approx(570, abs=60)
    assert body_of(1, "Ford KA") == body_of(1, "ford ka")
    real = {"Ford F-150": "truck", "toyota sienna": "van", "Jeep Wrangler": "suv"}
    assert {name: body_of(seed, name) for name in real for seed in (1, 2)} == real


def test_command_writes_every_url_of_a_store(hostile_web, tmp_path, capsys):
    images = all_images(hostile_web.base, QUERY)
    store = Store(tmp_path / "store")
    store.create()
    ledger = Ledger(store.ledger_path())
    ledger.note("demo_seed", "7")
    ledger.note("demo_faults", "hostile")
    query = SimpleNamespace(id="1", text=QUERY, attributes={}, filters={})
    ledger.pages.plan([query], ["demo"])
    page = ledger.pages.due("demo", 1e12, 1)[0]
    found = [Result(url) for url in [*images, "http://127.0.0.1:1/elsewhere.jpg", "http://[/"]]
    ledger.pages.finish(page, "results", found, None, 1000)
    ledger.close()
    assert main([str(store.root), "--to", str(tmp_path / "truth.tsv")]) == 0
    with (tmp_path / "truth.tsv").open(encoding="utf-8", newline="") as lines:
        rows = {line["url"]: line for line in csv.DictReader(lines, delimiter="\t")}
    assert rows.keys() == {entry.image_url for entry in found}
    for url in images:
        assert tuple(rows[url].values()) == row(WORLD, url)
    assert rows["http://[/"]["kind"] == "foreign"
    assert main([str(store.root), "--faults", "none"]) == 0
    assert capsys.readouterr().out.startswith("\t".join(COLUMNS))
    assert {line["good"] for line in rows.values()} == {"yes", "no"}


def test_command_without_a_store(tmp_path, capsys):
    assert main([str(tmp_path)]) == 2
    assert "is no store" in capsys.readouterr().err


def test_bytes_on_the_web_are_what_the_world_says(hostile_web):
    for url in all_images(hostile_web.base, QUERY)[:30]:
        key = key_of(url)
        if WORLD.fault(key) == "fine":
            assert fetch(url).body == WORLD.file(key).content
