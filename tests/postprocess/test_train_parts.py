"""The parts of training that need no picture."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import BLUE, RED, make_store
from test_hits import MUSTANG, with_hits

from carscrape.recipe import load
from postprocess.models.judges import FLOOR, Judge, Target, opinion, softmax
from postprocess.stages.agreement import Agreement
from postprocess.train.calibrating import fit_temperature, reliability
from postprocess.train.pictures import Numbers
from postprocess.train.targets import SUBJECT, soft_label, target_of
from postprocess.train.thresholds import COST, MAJORITY, choose, contradicted, mislabelled, support

COLOUR = Target("color", ("color",), {})
CLASSES = ("a", "b", "c")


def rows(seed: int, count: int, sharp: float) -> Numbers:
    logits = np.random.default_rng(seed).normal(0, sharp, (count, len(CLASSES)))
    return softmax(logits.astype(np.float32))


def one_hot(labels: list[int]) -> Numbers:
    return np.eye(len(CLASSES), dtype=np.float32)[labels]


@given(seed=st.integers(0, 10**6), count=st.integers(1, 60), sharp=st.floats(0.1, 9))
def test_a_threshold_costs_no_more_than_is_stated(seed: int, count: int, sharp: float) -> None:
    said, soft = rows(seed, count, sharp), rows(seed + 1, count, 2.0)
    found = choose(soft, said)
    assert 0 <= found.min_support <= MAJORITY
    assert 0 <= found.lost <= COST + 1e-6
    assert 0 <= found.noise <= 1
    rejected = contradicted(soft, said, found.min_support)
    assert np.all(said[rejected].max(axis=1) >= MAJORITY)
    assert not contradicted(soft, said, 0.0).any()


@pytest.mark.parametrize("noise", [0.03, 0.1])
def test_the_noise_of_labels_is_estimated_and_what_it_costs(noise: float) -> None:
    """A judge that is right, but not always sure, of 20,000 labels of which some are exchanged."""
    shown = rows(1, 20_000, 6.0)
    random = np.random.default_rng(2)
    soft = one_hot([random.choice(3, p=row / row.sum()) for row in shown.astype(float)])
    wrong = random.random(len(soft)) < noise
    soft[wrong] = mislabelled(soft, 3)[wrong]
    found = choose(soft, shown)
    assert found.noise == pytest.approx(noise, rel=0.35)
    rejected = contradicted(soft, shown, found.min_support)
    assert (rejected & ~wrong).mean() == pytest.approx(found.lost, abs=0.01)
    assert rejected[wrong].mean() > 0.6


def test_where_nothing_can_be_told_nothing_is_rejected() -> None:
    by_lot = one_hot(list(np.random.default_rng(6).integers(0, 3, 500)))
    even = np.full((500, 3), 1 / 3, np.float32)
    assert choose(by_lot, even) == (0.0, 0.0, 0.0)
    sure_of_anything = rows(5, 500, 4.0)
    found = choose(by_lot, sure_of_anything)
    assert contradicted(by_lot, sure_of_anything, found.min_support).mean() < 2 * found.noise


def test_every_label_exchanged_is_another_one() -> None:
    soft = rows(7, 300, 2.0)
    wrong = mislabelled(soft, 1)
    assert np.all(wrong.argmax(axis=1) != soft.argmax(axis=1))
    assert np.array_equal(wrong, mislabelled(soft, 1))
    assert set(wrong.sum(axis=1)) == {1.0}


@given(seed=st.integers(0, 10**6))
def test_the_stage_agrees_with_the_training(seed: int) -> None:
    said, soft = rows(seed, 20, 4.0), rows(seed + 1, 20, 1.0)
    labels = {str(n): dict(zip(CLASSES, map(float, soft[n]), strict=True)) for n in range(20)}
    judge = Judge(
        *("hash", Target("body_type", ("n",), labels), CLASSES, "demo", 96),
        *(1.0, 0.3, MAJORITY, Path("w"), Path("o")),
    )
    verdicts = [
        Agreement(judge)._verdict({"n": str(n)}, opinion(CLASSES, said[n])) for n in range(20)
    ]
    scores = [row["score"] for row in verdicts]
    assert scores == pytest.approx(list(support(soft, said)), abs=10 * FLOOR)
    sure = np.abs(support(soft, said) - 0.3) > 10 * FLOOR
    rejected = np.array([not row["keep"] for row in verdicts])
    assert np.array_equal(rejected[sure], contradicted(soft, said, 0.3)[sure])


def test_the_temperature_undoes_what_logits_were_multiplied_by() -> None:
    logits = np.random.default_rng(3).normal(0, 2, (4000, 3)).astype(np.float32)
    drawn = [np.random.default_rng(n).choice(3, p=row) for n, row in enumerate(softmax(logits))]
    soft = one_hot(drawn)
    assert fit_temperature(logits, soft) == pytest.approx(1, rel=0.1)
    assert fit_temperature(4 * logits, soft) == pytest.approx(4, rel=0.1)
    said = softmax(logits)
    assert reliability(soft, said).error < 0.03
    assert reliability(soft, softmax(4 * logits)).error > 0.1
    assert reliability(said, said).error < 1e-6  # labels are as soft as what is said of them


def test_reliability_counts_every_image_once() -> None:
    said = rows(4, 500, 3.0)
    found = reliability(rows(5, 500, 1.0), said)
    assert sum(one.images for one in found.bins) == 500
    assert all(one.low <= one.probability <= one.high for one in found.bins)
    certain = reliability(one_hot([0, 0]), one_hot([0, 1]))
    (only,) = certain.bins
    assert (only.images, only.probability, only.right, certain.error) == (2, 1.0, 0.5, 0.5)


def test_results_that_disagree_make_a_label_soft() -> None:
    assert soft_label(COLOUR, RED, [RED, RED], 0.75) == {"red": 1.0}
    green = RED | {"color": "green"}
    votes = [RED, BLUE, RED, BLUE, green]
    assert soft_label(COLOUR, RED, votes, 0.7) == pytest.approx(
        {"red": 0.7, "blue": 0.2, "green": 0.1}
    )
    assert soft_label(COLOUR, {"make": "ford"}, [RED], 1.0) == {}
    shares = {"ford mustang": {"car": 0.7, "truck": 0.3}}
    bodies = Target("body_type", ("make", "model"), shares)
    assert soft_label(bodies, RED, [BLUE], 0.5) == shares["ford mustang"]
    assert soft_label(bodies, RED | {"model": "ranger"}, [], 0.5) == {}


def test_the_words_for_targets(tmp_path: Path) -> None:
    store = make_store(tmp_path, [])
    recipe = load(str(store.recipe_path))
    assert target_of("", recipe, store).attributes == ("make", "model")
    assert target_of("color,make", recipe, store).attributes == ("color", "make")
    assert target_of("colour", load("cars"), store).attributes == ("color",)
    assert target_of(SUBJECT, recipe, store).shares(RED) == {"subject": 1.0}
    hits = [("bing", MUSTANG, "car", 300), ("bing", MUSTANG, "truck", 100)]
    bodies = target_of("body_type", recipe, with_hits(store, hits))
    assert bodies.shares(RED) == pytest.approx({"car": 0.75, "truck": 0.25})
