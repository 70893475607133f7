"""What the votes for an image make of it, and how sure they are."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled import CAMRY, GREEN, MAKE_MODEL, labelled, result, results
from stores import BLUE, RED

from postprocess.tables import INPUT_SCHEMA, inherited


def test_an_engine_a_query_and_a_host_have_one_vote_together() -> None:
    one = result(RED)
    others = [{**one, "engine": "flickr"}, {**one, "query": "q"}, {**one, "host": "b"}]
    (verdict,) = labelled([one, one, {**one, "title": "again"}, *others])
    assert verdict["votes"] == 4


def test_a_query_that_names_less_agrees_and_adds_nothing_of_its_own() -> None:
    (verdict,) = labelled(results(RED, MAKE_MODEL, MAKE_MODEL))
    assert (verdict["reason"], verdict["label"], verdict["votes"]) == ("ok", "red ford mustang", 3)
    assert json.loads(verdict["confidence"]) == {"color": 0.667, "make": 0.8, "model": 0.8}
    assert verdict["score"] == pytest.approx(2 / 3)
    assert verdict["conflicts"] is None


def test_attributes_in_another_order_are_the_same() -> None:
    (verdict,) = labelled(results(RED, dict(reversed(RED.items()))))
    assert (verdict["reason"], verdict["label"], verdict["votes"]) == ("ok", "red ford mustang", 2)


def test_what_no_query_names_has_no_label() -> None:
    for verdicts in (labelled([]), labelled(results({})), labelled(results(RED), results({}))):
        said = verdicts[-1]
        assert (said["keep"], said["reason"], said["votes"]) == (False, "unlabelled", 0)
        assert said["label"] is said["attributes"] is said["score"] is None
    assert labelled() == []


# --- what holds of all


votes = st.lists(st.sampled_from([RED, BLUE, GREEN, CAMRY, MAKE_MODEL, {}]), max_size=6)


@settings(max_examples=100, deadline=None)
@given(st.lists(votes, min_size=1, max_size=5))
def test_an_image_is_labelled_by_its_own_votes_alone(images: list[list[dict[str, str]]]) -> None:
    together = labelled(*(results(*image) for image in images))
    apart = [labelled(results(*image))[0] for image in images]
    for one, other in zip(together, apart, strict=True):
        for name in ("keep", "reason", "score", "votes", "colour"):
            assert one[name] == other[name]
        for name in ("attributes", "confidence", "conflicts"):  # their order is a store's
            assert json.loads(one[name] or "{}") == json.loads(other[name] or "{}")


@settings(max_examples=50, deadline=None)
@given(st.lists(votes, min_size=1, max_size=7), st.integers(1, 3))
def test_how_many_images_are_settled_at_a_time_changes_nothing(
    images: list[list[dict[str, str]]], rows: int
) -> None:
    found = [results(*image) for image in images]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("postprocess.stages.label.ROWS", rows)
        in_pieces = labelled(*found)
    assert in_pieces == labelled(*found)


@settings(max_examples=100, deadline=None)
@given(votes, st.sampled_from([RED, BLUE, GREEN, CAMRY]))
def test_confidence_grows_with_every_vote_that_agrees(
    before: list[dict[str, str]], one: dict[str, str]
) -> None:
    fewer, more = labelled(results(*before, one), results(*before, one, one))
    if fewer["attributes"] == more["attributes"] == json.dumps(one):
        less, greater = (json.loads(each["confidence"]) for each in (fewer, more))
        assert all(0 < less[name] < greater[name] < 1 for name in one)


def test_the_kept_picture_has_the_votes_of_its_copies() -> None:
    found = [results(RED), results(BLUE), results(GREEN)]
    ids = pa.array([number.to_bytes(32) for number in range(3)], pa.binary(32))
    table = pa.table([ids, [1, 1, 1], [0, 0, 0], found], schema=INPUT_SCHEMA)
    keepers = pa.table({"id": ids, "group": ids.take(pa.array([1, 1, 2]))})
    after = inherited(table, keepers)
    assert after["found"].to_pylist() == [[], found[1] + found[0], found[2]]
    assert after.schema == table.schema
