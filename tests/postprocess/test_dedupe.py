from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from altered import COPIES, altered, encoded
from PIL import Image
from signed import judged, row
from stores import BLUE, RED, Found, make_store, sha

from carscrape.demo.pictures import draw_car
from carscrape.store import Store
from postprocess import pipeline
from postprocess.funnel import count, disagreements
from postprocess.groups import group
from postprocess.labels import sources
from postprocess.likeness import Likeness
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.label import Label
from postprocess.stages.verify import Verify
from postprocess.verdicts import Generation, Verdicts

CAR = draw_car("1", "suv", "red")
STAGES = [Verify(), Dedupe(), Label()]


def scaled(factor: float, quality: int = 88) -> bytes:
    size = round(CAR.width * factor), round(CAR.height * factor)
    return encoded(CAR.resize(size), quality)


def run(store: Store) -> tuple[list[Generation], dict[str, dict[str, Any]]]:
    """What counts, and the verdicts of dedupe."""
    generations = pipeline.run(store, STAGES)
    rows = Verdicts(store).read("dedupe", generations[1].key).to_pylist()
    return generations, {row["id"].hex(): row for row in rows}


@pytest.mark.accepts("G01")
def test_the_same_bytes_under_three_urls_and_two_labels(tmp_path: Path) -> None:
    content = encoded(CAR)
    found = [Found(content), Found(content, engine="wikimedia"), Found(content, BLUE)]
    store = make_store(tmp_path, found)
    _, verdicts = run(store)
    funnel = count(store)
    assert (funnel.urls, funnel.files, funnel.same_bytes) == (3, 1, 2)
    assert len(list(store.images_dir.rglob("*.jpg"))) == 1
    (verdict,) = verdicts.values()
    assert (verdict["keep"], verdict["copies"]) == (True, 3)
    found_at = [(source.engine, source.attributes) for source in sources(store)[sha(content)]]
    assert found_at == [("bing", RED), ("wikimedia", RED), ("bing", BLUE)]
    assert funnel.stages[2].rejected == {"conflict": 1}


@pytest.mark.accepts("G04")
def test_the_best_is_kept_and_the_others_are_marked(tmp_path: Path) -> None:
    """Most pixels; then most bytes a pixel; then found first."""
    best, worse = scaled(1.0, 90), [scaled(1.0, 60), scaled(0.8, 95), scaled(0.6), scaled(0.5)]
    store = make_store(tmp_path, [*worse[:2], best, *worse[2:]])
    before = {path: path.read_bytes() for path in store.images_dir.rglob("*.jpg")}
    _, verdicts = run(store)
    assert {id_ for id_, verdict in verdicts.items() if verdict["keep"]} == {sha(best)}
    for content in worse:
        verdict = verdicts[sha(content)]
        assert verdict["reason"] == "near_duplicate"
        assert verdict["group"].hex() == sha(best)
        assert 0 <= verdict["distance"] <= 7
        assert 0.6 <= verdict["likeness"] <= 1.0001
    assert verdicts[sha(best)]["likeness"] is None
    assert {path: path.read_bytes() for path in store.images_dir.rglob("*.jpg")} == before


@pytest.mark.accepts("G04")
def test_of_equal_pictures_the_one_found_first_is_kept() -> None:
    one = row(encoded(CAR))
    other = {**one, "id": b"\1" * 32}
    for first, second in ((one, other), (other, one)):
        said = judged([{**first, "rank": 3}, {**second, "rank": 4}])
        assert said[second["id"]]["group"] == first["id"]


@pytest.mark.accepts("G04")
def test_without_the_best_the_next_is_kept() -> None:
    rows = [row(scaled(factor)) for factor in (1.0, 0.8, 0.6)]
    assert [said["keep"] for said in judged(rows).values()] == [True, False, False]
    assert [said["keep"] for said in judged(rows[1:]).values()] == [True, False]


@pytest.mark.accepts("G03")
def test_a_chain_is_not_one_group() -> None:
    """Neighbours are 4 bits apart and match; of the first and the third nobody says so."""
    hashes = np.array([0, 0xF, 0xFF, 0xFFF], np.uint64)

    def all_match(one: Any, other: Any) -> Likeness:
        return Likeness(np.ones(len(one), bool), np.ones(len(one), np.float32))

    assert group(hashes, hashes, all_match).keeper.tolist() == [0, 0, 2, 2]


@pytest.mark.accepts("G03")
def test_pictures_that_differ_little_by_little_are_all_like_their_keepers() -> None:
    """Each is the one before it without its right edge; the last shows half of the first."""
    chain = [CAR.crop((0, 0, round(CAR.width * 0.96**n), CAR.height)) for n in range(18)]
    rows = {one["id"]: one for one in map(row, map(encoded, chain))}
    said = judged(list(rows.values()))
    groups = {verdict["group"] for verdict in said.values()}
    assert 3 < len(groups) < len(chain) - 3
    for id_, verdict in said.items():
        alone = judged([rows[keeper] for keeper in {id_, verdict["group"]}])
        assert alone[id_]["group"] == verdict["group"]
        assert verdict["distance"] <= 7


@pytest.mark.accepts("G03")
def test_groups_do_not_depend_on_the_order_of_the_images() -> None:
    cars = [draw_car(str(n), "suv", "red") for n in range(4)]
    rows = [row(altered(car, change)) for car in cars for change in list(COPIES)[::3]]
    groups = {id_: said["group"] for id_, said in judged(rows).items()}
    assert 1 < len(set(groups.values())) < len(rows)
    for seed in range(100):
        shuffled = Random(seed).sample(rows, len(rows))
        assert {id_: said["group"] for id_, said in judged(shuffled).items()} == groups


def test_near_duplicates_are_told_from_same_bytes_and_all_sums_agree(tmp_path: Path) -> None:
    contents = [scaled(1.0), scaled(0.7), encoded(draw_car("9", "van", "blue"))]
    again = Found(contents[1], url="https://images.example/again")
    store = make_store(tmp_path, [*contents, again])
    run(store)
    funnel = count(store)
    assert (funnel.same_bytes, funnel.stages[1].rejected) == (1, {"near_duplicate": 1})
    assert funnel.kept == 2
    assert disagreements(funnel) == []


def test_what_is_added_joins_old_groups_without_an_old_picture_being_read(tmp_path: Path) -> None:
    old = [scaled(0.5), scaled(0.7), encoded(draw_car("9", "van", "blue"))]
    store = make_store(tmp_path, old)
    _, before = run(store)
    assert before[sha(old[1])]["keep"]
    for path in store.images_dir.rglob("*.jpg"):
        path.unlink()
    best, worst = scaled(1.0), scaled(0.4)
    make_store(tmp_path, [best, worst], shard="more")
    _, after = run(store)
    assert {id_ for id_, verdict in after.items() if verdict["keep"]} == {sha(best), sha(old[2])}
    assert after[sha(worst)]["group"].hex() == sha(best)


def test_a_picture_without_gradients_is_its_own_group() -> None:
    grey = [Image.new("RGB", (200, 150), (level, level, level)) for level in (90, 91)]
    assert all(said["keep"] for said in judged([row(encoded(one)) for one in grey]).values())


def test_a_png_is_a_copy_of_its_jpeg(tmp_path: Path) -> None:
    file = BytesIO()
    CAR.save(file, "PNG")
    png = Found(file.getvalue(), type="image/png")
    _, verdicts = run(make_store(tmp_path, [encoded(CAR), png]))
    assert sorted(said["reason"] for said in verdicts.values()) == ["near_duplicate", "ok"]
