"""The images that the report shows on both sides of a limit."""

from pathlib import Path
from typing import Any

import PIL.Image
import pyarrow as pa
import pytest
from reported import read
from stores import Found, make_store, picture, sha
from test_verify_looks import encoded, not_available

from carscrape import recipe
from carscrape.store import Store
from postprocess.pipeline import build, run
from postprocess.report.evidence import evidence
from postprocess.report.limits import limit_of
from postprocess.report.picks import BY_LOT, NEAREST, pick
from postprocess.report.samples import choose
from postprocess.stage import Stage
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.subject import Subject
from postprocess.stages.verify import Verify
from postprocess.verdicts import Generation, Verdicts, image_ids

KEY = "0123456789abcdef"
WITHOUT_LIMIT = {
    "verify": {"undecodable", "type_not_allowed", "too_many_pixels", "decoder_failed"},
    "subject": {"undecodable"},
    "colour": {"undecodable"},
    "label": {"conflict", "unlabelled", "wrong_colour"},
}


def judged(
    tmp_path: Path, stage: type[Stage], identity: dict[str, Any], rows: list[dict[str, Any]]
) -> tuple[Store, list[Generation], list[str]]:
    """A store with a picture for each row of verdicts of one stage; and the pictures' ids."""
    contents = [picture(n) for n in range(len(rows))]
    store = make_store(tmp_path, [Found(content) for content in contents])
    ids = [sha(content) for content in contents]
    full = [
        {"id": bytes.fromhex(id_), "keep": row.get("reason", "ok") == "ok", "reason": "ok"} | row
        for id_, row in zip(ids, rows, strict=True)
    ]
    table = pa.Table.from_pylist(full, schema=stage.schema())
    Verdicts(store).write(stage, KEY, table)
    generations = [Generation(stage.name, KEY, identity, stage.reasons)]
    Verdicts(store).set_current(generations)
    return store, generations, ids


def small(side: int, is_kept: bool = False) -> dict[str, Any]:
    return {"reason": "ok" if is_kept else "too_small", "width": side, "height": 2 * side}


def test_the_nearest_to_a_limit_come_first_on_both_sides(tmp_path: Path) -> None:
    rows = [small(side) for side in range(8, 48)] + [small(n, True) for n in range(48, 90)]
    store, generations, _ = judged(tmp_path, Verify, {"min_side": 48}, rows)
    ((_, found),) = pick(Verdicts(store), generations, image_ids(store))
    picks = found["too_small"]
    assert str(picks.limit) == "short side at least 48\xa0px"
    assert [row["value"] for row in picks.rejected[:NEAREST]] == [47, 46, 45, 44]
    assert len(picks.rejected) == NEAREST + BY_LOT
    values = [row["value"] for row in picks.rejected]
    assert values == sorted(values, reverse=True)
    assert [row["value"] for row in picks.kept] == [48, 49, 50, 51]
    assert picks.of == 40


@pytest.mark.accepts("C06")
def test_what_verify_rejects_for_its_looks_can_be_looked_at(tmp_path: Path) -> None:
    bad = {
        "too small": PIL.Image.new("RGB", (1, 1)),
        "odd shape": PIL.Image.effect_noise((2000, 60), 90),
        "single colour": PIL.Image.new("RGB", (200, 150), "white"),
        "placeholder": not_available((238, 238, 238)),
    }
    store = make_store(tmp_path, [encoded(image) for image in bad.values()])
    run(store, [Verify()])
    page = read(store)
    assert "0 of 4 images kept" in page.words
    for name in bad:
        assert f"1 {name}" in page.words
    assert sum(value.startswith("data:image/jpeg") for value in page.values("src")) == len(bad)


def test_few_images_are_all_shown_once(tmp_path: Path) -> None:
    rows = [small(side) for side in range(20, 26)]
    store, generations, _ = judged(tmp_path, Verify, {"min_side": 48}, rows)
    ((_, found),) = pick(Verdicts(store), generations, image_ids(store))
    assert [row["value"] for row in found["too_small"].rejected] == [25, 24, 23, 22, 21, 20]
    assert found["too_small"].kept == []


def test_the_page_states_the_limit_the_measures_and_what_was_just_kept(tmp_path: Path) -> None:
    unsure = {"reason": "low_probability", "score": 0.29, "rank": 2}
    rows = [unsure, {"score": 0.31, "rank": 1}, {"score": 0.9, "rank": 1}]
    store, _, _ = judged(tmp_path, Subject, {"threshold": 0.3}, rows)
    words = read(store).section("lost")
    assert "1 of 1 · kept: probability at least 0.3 · the nearest first" in words
    assert words.index("0.29") < words.index("Just kept") < words.index("0.31") < words.index("0.9")


def test_a_duplicate_stands_beside_the_copy_that_is_kept(tmp_path: Path) -> None:
    copy = {"reason": "near_duplicate", "likeness": 0.61}
    store, generations, ids = judged(tmp_path, Dedupe, {}, [{}, copy])
    folder = Verdicts(store).parts("dedupe", KEY)[0]
    folder.unlink()
    group = bytes.fromhex(ids[0])
    rows = [
        {"id": group, "keep": True, "reason": "ok", "group": group},
        {"id": bytes.fromhex(ids[1]), "keep": False, "group": group, **copy},
    ]
    table = pa.Table.from_pylist(rows, schema=Dedupe.schema())
    Verdicts(store).write(Dedupe, KEY, table)
    rejected = choose(store, generations).rejected["dedupe", "near_duplicate"]
    (sample,) = rejected.images
    (kept,) = choose(store, generations).kept[""]
    assert sample.evidence == "0.61"
    assert sample.beside == kept.thumbnail != sample.thumbnail
    assert sample.beside_url == kept.image_url
    assert "framed: the copy that is kept" in read(store).section("lost")


def test_every_reason_has_a_limit_or_is_known_to_have_none() -> None:
    for stage in build(recipe.load("cars"), "demo"):
        generation = Generation(
            stage.name, KEY, stage.identity() | {"max_trailing": 0, "max_drawing": 0}, ()
        )
        without = {name for name in stage.reasons[1:] if limit_of(generation, name) is None}
        assert without == WITHOUT_LIMIT.get(stage.name, set())


def test_verdicts_without_the_parameter_show_scores(tmp_path: Path) -> None:
    row = {"reason": "low_probability", "score": 0.123}
    store, generations, _ = judged(tmp_path, Subject, {}, [row])
    ((_, found),) = pick(Verdicts(store), generations, image_ids(store))
    assert found["low_probability"].limit is None
    assert evidence(found["low_probability"].rejected[0], None) == "score 0.12"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"reason": "conflict", "score": None}, ""),
        ({"reason": "wrong_colour", "seen": "blue"}, "seen: blue"),
        ({"reason": "undecodable", "detail": "OSError: cut off"}, "OSError: cut off"),
        (
            {
                "reason": "conflict",
                "score": 0.5,
                "conflicts": '{"color": {"settled": "ambiguous", "votes": {"red": 1, "blue": 2}}}',
            },
            "color: blue 2, red 1",
        ),
    ],
)
def test_evidence_says_what_the_verdict_says(row: dict[str, Any], said: str) -> None:
    assert evidence(row, None) == said
