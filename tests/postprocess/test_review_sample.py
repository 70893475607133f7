"""Which images are drawn, and who gets which."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.review.desk import AHEAD, LEASE, Desk
from postprocess.review.sample import AT_LEAST, draw, quotas

SIZES = st.dictionaries(st.text(max_size=3), st.integers(0, 60), max_size=12)
TOTALS = st.integers(0, 200)
SEEDS = st.integers(0, 2**63 - 1)


def images_of(sizes: dict[str, int]) -> dict[str, list[str]]:
    return {label: [f"{label}/{n}" for n in range(size)] for label, size in sizes.items()}


@given(SIZES, TOTALS)
def test_numbers_add_up_and_no_label_gives_more_than_it_has(sizes, total):
    given_out = quotas(sizes, total)
    assert sum(given_out.values()) == min(total, sum(sizes.values()))
    assert all(given_out[label] <= size for label, size in sizes.items())


@given(SIZES, TOTALS)
def test_every_label_is_looked_at_where_possible(sizes, total):
    given_out = quotas(sizes, total)
    there = [label for label, size in sizes.items() if size]
    for least in range(1, AT_LEAST + 1):
        if total >= least * len(there):
            assert all(given_out[label] >= min(least, sizes[label]) for label in there)


@given(SIZES, TOTALS)
def test_a_larger_label_never_gets_less(sizes, total):
    given_out = quotas(sizes, total)
    in_order = sorted(sizes, key=lambda label: (sizes[label], given_out[label]))
    numbers = [given_out[label] for label in in_order]
    assert all(one <= other + 1 for one, other in pairwise(numbers))


def test_what_is_left_goes_out_in_proportion():
    assert quotas({"a": 6000, "b": 3000, "c": 1000}, 200) == {"a": 120, "b": 60, "c": 20}


@given(SIZES, TOTALS, SEEDS)
def test_the_sample_holds_each_label_s_number_once_whatever_order_it_is_given(sizes, total, seed):
    labels = images_of(sizes)
    drawn = draw(labels, total, seed)
    of_label = {image: label for label, images in labels.items() for image in images}
    counted = Counter(of_label[image] for image in drawn)
    assert counted == +Counter(quotas(sizes, total))
    assert len(set(drawn)) == len(drawn)
    turned = {label: images[::-1] for label, images in reversed(labels.items())}
    assert draw(turned, total, seed) == drawn


@given(SIZES, TOTALS, st.integers(0, 50), SEEDS)
def test_a_larger_sample_holds_the_smaller(sizes, total, more, seed):
    labels = images_of(sizes)
    small, large = draw(labels, total, seed), draw(labels, total + more, seed)
    assert [image for image in large if image in set(small)] == small


@pytest.mark.accepts("G08")
def test_the_same_seed_draws_the_same_and_another_one_does_not():
    labels = images_of({"a": 300, "b": 100})
    assert draw(labels, 50, 7) == draw(labels, 50, 7)
    assert set(draw(labels, 50, 7)) != set(draw(labels, 50, 8))


def test_labels_are_mixed():
    drawn = draw(images_of({"a": 100, "b": 100}), 100, 0)
    changes = sum(one[0] != other[0] for one, other in pairwise(drawn))
    assert 30 < changes < 70


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.booleans()), max_size=60))
def test_no_picture_is_with_two_browsers_and_each_is_answered_once(turns):
    desk, done, held = Desk(map(str, range(20))), [], {}
    for now, (client, answers) in enumerate(turns):
        if answers and held.get(client):
            done.append(held[client][0])
        held[client] = desk.hand_out(client, set(done), now / 60)
        in_hands = [image for images in held.values() for image in images if image not in done]
        assert len(set(in_hands)) == len(in_hands)
    assert len(set(done)) == len(done)


def test_a_browser_keeps_its_pictures_and_a_silent_one_loses_them():
    desk = Desk("abcdefg")
    mine = desk.hand_out("me", (), 0)
    assert mine == list("abcd")
    assert len(mine) == AHEAD
    assert desk.hand_out("me", (), LEASE - 1) == mine
    assert desk.hand_out("you", (), LEASE) == list("efg")
    assert desk.hand_out("you", (), 2 * LEASE - 1) == ["e", "f", "g", "a"]
    assert desk.hand_out("me", (), 2 * LEASE) == list("bcd")


def test_what_was_taken_back_comes_first():
    desk = Desk("abcdef")
    desk.hand_out("me", (), 0)
    desk.hand_out("me", {"a", "b"}, 1)
    desk.put_first("b", "me", 2)
    assert desk.hand_out("me", {"a"}, 3) == ["b", "c", "d", "e"]
    assert desk.left({"a"}) == list("bcdef")
