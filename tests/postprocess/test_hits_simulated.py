"""The formula on a few of the demo's noisy counts; on all: `python -m tests.bench.hits`."""

from statistics import fmean

import pytest

from tests.bench.hits import World, report, subjects


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    every_fifth = subjects()[::5]
    return [World.of(seed, every_fifth) for seed in range(4)]


def test_a_half_correction_is_right_more_often_than_none_and_all(worlds):
    none, half, whole = (
        fmean(world.ways(correction=share)[1].right.share for world in worlds)
        for share in (0.0, 0.5, 1.0)
    )
    assert half > max(none, whole) + 0.05


@pytest.mark.accepts("F08")
@pytest.mark.parametrize("engines", [1, 4])
def test_labels_that_are_left_are_right_more_often(worlds, engines):
    for world in worlds:
        raw, vector, label = world.ways(engines)
        assert label.right.share > vector.right.share + 0.02
        assert label.right.share > raw.right.share + 0.02
        assert 0.3 < label.labelled.share < 0.95


def test_the_report_states_every_seed(worlds):
    text = report(worlds)
    assert text.count("| vector |\n") + text.count("| raw |\n") == len(worlds)
    assert "largest raw count" in text
