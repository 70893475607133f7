"""Images that are found under several values of an attribute."""

import json
from pathlib import Path
from typing import Any

import pytest
from altered import encoded
from labelled import CAMRY, GREEN, Result, colour_of, labelled, result, results, settled
from stores import BLUE, RED, Found, make_store, sha

from carscrape.demo.pictures import draw_car
from postprocess import pipeline
from postprocess.funnel import count, disagreements
from postprocess.stages.dedupe import Dedupe
from postprocess.stages.label import Label
from postprocess.stages.verify import Verify
from postprocess.verdicts import Verdicts


@pytest.mark.parametrize(
    ("red", "blue", "how"),
    [
        (1, 1, "ambiguous"),
        (2, 1, "ambiguous"),
        (3, 2, "ambiguous"),
        (3, 1, "votes"),
        (4, 2, "votes"),
    ],
)
def test_a_clear_majority_settles_a_conflict(red: int, blue: int, how: str) -> None:
    (verdict,) = labelled(results(*[RED] * red, *[BLUE] * blue))
    assert settled(verdict) == {"color": how}
    assert verdict["reason"] == ("ok" if how == "votes" else "conflict")
    assert verdict["label"] == "red ford mustang"
    assert json.loads(verdict["conflicts"])["color"]["votes"] == {"red": red, "blue": blue}
    confidence = json.loads(verdict["confidence"])
    assert confidence["color"] == round((red + 1) / (red + blue + 2), 3)
    assert confidence["make"] == round((red + blue + 1) / (red + blue + 2), 3)


def test_of_three_the_two_largest_count() -> None:
    (verdict,) = labelled(results(RED, RED, RED, BLUE, GREEN))
    assert (settled(verdict), colour_of(verdict)) == ({"color": "votes"}, "red")


@pytest.mark.parametrize(
    ("titles", "how", "colour"),
    [
        (["Blue Ford Mustang", "Ford Mustang 2015"], "titles", "blue"),
        (["my BLUE_car!", "a blue one"], "titles", "blue"),
        (["Blue Ford Mustang", "a red one"], "ambiguous", "red"),
        (["red or blue?", "Ford"], "ambiguous", "red"),
        (["red or blue?", "red, of course"], "titles", "red"),
        (["bluebird", "hundred"], "ambiguous", "red"),
    ],
)
def test_titles_that_name_one_alone_settle_a_conflict(
    titles: list[str], how: str, colour: str
) -> None:
    found = [
        result(a, n, title) for n, (a, title) in enumerate(zip([RED, BLUE], titles, strict=True))
    ]
    (verdict,) = labelled(found)
    assert (settled(verdict), colour_of(verdict)) == ({"color": how}, colour)
    assert verdict["reason"] == ("conflict" if how == "ambiguous" else "ok")


def test_titles_of_other_images_do_not_count() -> None:
    named = [result(RED, 0, "blue"), result(BLUE, 1, "blue")]
    first, second, third = labelled(results(RED, BLUE), named, results(RED, BLUE))
    assert [settled(each)["color"] for each in (first, second, third)] == [
        *("ambiguous", "titles", "ambiguous")
    ]


def test_a_make_of_one_car_and_a_model_of_another_are_never_put_together() -> None:
    titled = [result(RED, 0, "A Ford"), result(CAMRY, 1, "like a Camry")]
    (verdict,) = labelled(titled)
    assert settled(verdict) == {"make": "ambiguous", "model": "ambiguous"}
    assert verdict["reason"] == "conflict"


def test_both_are_settled_where_a_vote_names_them_together() -> None:
    (verdict,) = labelled(results(RED, RED, RED, CAMRY))
    assert settled(verdict) == {"make": "votes", "model": "votes"}
    assert (verdict["label"], verdict["votes"]) == ("red ford mustang", 3)


# --- what the colour stage saw


def seen(found: list[Result], colour: str, *possible: str) -> dict[str, Any]:
    columns = {"seen": [colour], "possible": [[colour, *possible]]}
    (verdict,) = labelled(found, colour="color", **columns)
    return verdict


def test_a_colour_that_was_seen_settles_a_conflict_against_the_majority() -> None:
    verdict = seen(results(RED, RED, RED, BLUE), "blue")
    assert (verdict["reason"], colour_of(verdict)) == ("ok", "blue")
    assert settled(verdict) == {"color": "seen"}
    assert json.loads(verdict["confidence"])["color"] == round(3 / 7, 3)


def test_a_colour_that_may_be_is_no_evidence() -> None:
    verdict = seen(results(RED, BLUE), "purple", "red", "blue")
    assert (verdict["reason"], settled(verdict)) == ("conflict", {"color": "ambiguous"})


def test_of_the_colours_that_may_be_votes_decide() -> None:
    verdict = seen(results(RED, RED, RED, BLUE, *[GREEN] * 9), "purple", "red", "blue")
    assert (verdict["reason"], colour_of(verdict)) == ("ok", "red")


def test_a_colour_that_none_named_is_wrong() -> None:
    verdict = seen(results(RED, RED, RED, BLUE), "green")
    assert (verdict["reason"], verdict["colour"]) == ("wrong_colour", "reject")


def test_what_was_seen_is_one_vote_more() -> None:
    assert json.loads(seen(results(RED), "red")["confidence"])["color"] == 0.75
    assert json.loads(seen(results(RED), "purple", "red")["confidence"])["color"] == 0.667


# --- in a store


def run(tmp_path: Path, *found: Found) -> list[dict[str, Any]]:
    """The verdicts of `label` on what `verify` and `dedupe` kept; all sums agree."""
    store = make_store(tmp_path, found)
    generations = pipeline.run(store, [Verify(), Dedupe(), Label()])
    assert disagreements(count(store)) == []
    return Verdicts(store).read("label", generations[-1].key).to_pylist()


def test_a_picture_and_its_copies_under_two_labels_are_one_file_or_none(tmp_path: Path) -> None:
    car = draw_car("1", "suv", "red")
    best, *copies = [
        encoded(car.resize((round(car.width * size), round(car.height * size))), 88)
        for size in (1.0, 0.8, 0.6, 0.5)
    ]
    hosts = [f"https://{number}.example/car.jpg" for number in range(4)]
    once = [Found(best, BLUE, url=hosts[0]), Found(copies[0], RED, url=hosts[1])]
    (verdict,) = run(tmp_path / "two", *once)
    assert (verdict["id"].hex(), verdict["reason"]) == (sha(best), "conflict")
    more = [Found(one, RED, url=url) for one, url in zip(copies[1:], hosts[2:], strict=True)]
    (verdict,) = run(tmp_path / "four", *once, *more)
    assert (verdict["id"].hex(), verdict["reason"]) == (sha(best), "ok")
    assert (verdict["label"], verdict["votes"]) == ("red ford mustang", 3)
    assert settled(verdict) == {"color": "votes"}


def test_what_is_written_does_not_hang_on_the_order_of_the_rows() -> None:
    one, other = results(RED, RED, RED, BLUE), results(BLUE, BLUE, BLUE, RED)
    forth = [row["conflicts"] for row in labelled(one, other)]
    back = [row["conflicts"] for row in labelled(other, one)]
    assert forth == back[::-1]
