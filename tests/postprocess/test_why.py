"""The whole story of one image, as `python -m postprocess why` tells it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from altered import encoded
from stores import BLUE, RED, Found, make_store, sha

from carscrape.demo.pictures import draw_car
from carscrape.items import Outcome
from carscrape.store import Store
from postprocess import cli, pipeline
from postprocess.dataset import register
from postprocess.exporters import load_exporter
from postprocess.stages.colour import Colour
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.label import Label
from postprocess.stages.verify import Verify

CAR = draw_car("3", "suv", "red")
BEST, SMALLER, SMALLEST = (
    encoded(CAR.resize((round(CAR.width * size), round(CAR.height * size))), 88)
    for size in (1.0, 0.8, 0.6)
)
OTHER = encoded(draw_car("9", "van", "blue"))
ICON = encoded(CAR.resize((20, 15)))
HOSTILE = "\x1b[31mred\n\u202egpj.exe <script>"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = [
        Found(BEST, RED, url="https://a.example/best.jpg", title=HOSTILE),
        Found(SMALLER, BLUE, url="https://b.example/smaller.jpg"),
        Found(SMALLEST, RED, "wikimedia", url="https://c.example/smallest.jpg"),
        Found(OTHER, BLUE),
        Found(ICON, RED),
        Found(b"", RED, url="https://a.example/gone.jpg", outcome=Outcome.GONE),
        Found(b"", RED, url="https://a.example/waiting.jpg", outcome=None),
    ]
    store = make_store(tmp_path, found)
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        hops = json.dumps(["https://moved.example/best.jpg"])
        ledger.execute("update image set hops = ? where url like '%best.jpg'", (hops,))
    pipeline.run(store, [Verify(), Dedupe(), Colour(), Label(colour="color")])
    return store


@pytest.fixture
def tell(store: Store, capsys: pytest.CaptureFixture[str]) -> Any:
    def told(image: str, *options: str, code: int = 0) -> str:
        assert cli.main(["why", str(store.root), image, *options]) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return told


def test_a_kept_image_from_query_to_dataset(store: Store, tell: Any, tmp_path: Path) -> None:
    folder = tmp_path / "dataset"
    load_exporter("folders").export(store, folder, seed=0)
    register.add(store, folder, "folders")
    story = json.loads(tell(sha(BEST), "--json"))
    assert (story["image"], story["verdict"], story["label"]) == (
        *(sha(BEST), "kept"),
        "red ford mustang",
    )
    (address,) = story["addresses"]
    assert (address["outcome"], address["hops"]) == ("stored", ["https://moved.example/best.jpg"])
    (finding,) = address["found"]
    assert (finding["engine"], finding["query"]) == ("bing", "red ford mustang")
    assert (finding["attributes"], finding["rank"], finding["title"]) == (RED, 0, HOSTILE)
    assert (story["file"]["bytes"], story["file"]["type"]) == (len(BEST), "image/jpeg")
    assert [one["verdict"] for one in story["stages"]] == ["kept"] * 4
    verify, dedupe, colour, label = story["stages"]
    assert verify["parameters"]["min_side"] == 48
    assert verify["columns"]["width"] == CAR.width
    assert (dedupe["columns"]["copies"], colour["columns"]["seen"]) == (1, "red")
    assert label["score"] == pytest.approx(0.667, abs=1e-3)
    assert story["keeper"] == sha(BEST)
    assert {copy["image"] for copy in story["copies"]} == {sha(SMALLER), sha(SMALLEST)}
    by_name = {vote["attribute"]: vote for vote in story["evidence"]}
    assert by_name["color"] == {
        "attribute": "color",
        "value": "red",
        "confidence": 0.667,
        "votes": {"red": 2, "blue": 1},
        "settled": "seen",
    }
    assert by_name["make"]["confidence"] == 0.8
    assert story["split"] in ("train", "val", "test")
    (exported,) = story["exported"]
    assert (folder / exported["place"]).read_bytes() == BEST


def test_the_same_for_people_on_a_terminal_that_strangers_cannot_steer(tell: Any) -> None:
    text = tell(sha(BEST))
    for part in (
        f"{sha(BEST)}: kept",
        "redirected to https://moved.example/best.jpg",
        "by bing, asked for 'red ford mustang' (color red, make ford, model mustang): page 1,",
        "title: \ufffd[31mred\ufffd\ufffdgpj.exe <script>",
        "copies: 2, which vote for it, too",
        "color: red, confidence 0.667; votes red 2, blue 1, settled by seen",
        "min_side 48",
        "split: none drawn yet",
        "exported: nowhere",
    ):
        assert part in text
    assert "\x1b" not in text


def test_a_copy_names_the_image_that_stands_for_it(tell: Any) -> None:
    text = tell(sha(SMALLER))
    assert text.startswith(f"{sha(SMALLER)}: rejected by dedupe: near_duplicate\n")
    assert f"copies: a better one is kept, {sha(BEST)}, and inherits its votes" in text
    assert "colour: not reached" in text
    assert sha(SMALLEST) in text


def test_a_rejected_image_was_not_seen_by_later_stages(tell: Any) -> None:
    story = json.loads(tell(sha(ICON)[:12], "--json"))
    assert story["verdict"] == "rejected by verify: too_small"
    assert [one["verdict"] for one in story["stages"]] == ["rejected", *["not reached"] * 3]
    assert (story["label"], story["evidence"], story["keeper"]) == ("", [], "")


@pytest.mark.parametrize(
    "named",
    [
        "https://a.example/best.jpg",
        "https://a.example/best.jpg#top",
        "https://moved.example/best.jpg",
        sha(BEST)[:6].upper(),
    ],
)
def test_an_image_has_many_names(tell: Any, named: str) -> None:
    assert tell(named).startswith(sha(BEST))


def test_a_file_is_known_by_its_bytes_and_a_changed_one_by_its_name(
    tell: Any, tmp_path: Path
) -> None:
    (tmp_path / "any.jpg").write_bytes(BEST)
    assert tell(str(tmp_path / "any.jpg")).startswith(sha(BEST))
    (tmp_path / f"{sha(OTHER)}.jpg").write_bytes(b"without its metadata")
    assert tell(str(tmp_path / f"{sha(OTHER)}.jpg")).startswith(sha(OTHER))


def test_a_url_that_never_became_an_image_has_a_story_too(tell: Any) -> None:
    text = tell("https://a.example/gone.jpg")
    assert text.startswith("no image: never became an image: gone\n")
    assert "by bing, asked for 'red ford mustang'" in text
    assert "not asked yet" in tell("https://a.example/waiting.jpg")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("abcdef012345", "no image of"),
        ("abc", "too short"),
        ("no such\x1b file", "no file, no URL and no sha256"),
        ("https://nowhere.example/\n", "has the image URL https://nowhere.example/\ufffd"),
        (__file__, "no image of"),
    ],
)
def test_an_unknown_image_is_one_clear_line(tell: Any, named: str, said: str) -> None:
    text = tell(named, code=2)
    assert said in text
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_an_ambiguous_prefix_lists_what_it_may_be(store: Store, tell: Any) -> None:
    both = sorted([sha(BEST), sha(BEST)[:6] + "0" * 58])
    with closing(sqlite3.connect(store.ledger_path())) as ledger, ledger:
        sql = "update image set sha256 = ? where sha256 = ?"
        ledger.execute(sql, (sha(BEST)[:6] + "0" * 58, sha(ICON)))
    assert f"is 2 images: {', '.join(both)}" in tell(sha(BEST)[:6], code=2)


def test_before_anything_was_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = make_store(tmp_path, [OTHER])
    assert cli.main(["why", str(store.root), sha(OTHER)]) == 0
    assert f"{sha(OTHER)}: not judged yet" in capsys.readouterr().out


def test_a_file_that_is_missing_is_said(store: Store, tell: Any) -> None:
    store.image_path(sha(OTHER), "image/jpeg").unlink()
    assert ".jpg, missing, image/jpeg" in tell(sha(OTHER))
