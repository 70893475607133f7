"""What the formula promises of any counts."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from postprocess.hits.formula import TOO_FEW, WITHIN_NOISE, Formula, Vectors, judge
from postprocess.hits.series import Counts, Floats, Series

# Whole powers apart, so that no rounding decides which of two terms is the best.
FEW = st.sampled_from([math.nan, 0.0, *(10.0**power for power in range(8))])
VALUES = arrays(float, array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=5), elements=FEW)
unhurried = settings(deadline=None)  # the first case imports
EAGER = Formula(fewest_subjects=2)  # corrects small tables, too


def counts_of(values: Floats, engines: str = "aabbc", days: str = "12121") -> Counts:
    """Layers of one engine have different days; the last layer, if there are five, no quotes."""
    layers, subjects, terms = values.shape
    return Counts(
        tuple(
            Series(engine, "", day, place < 4)
            for place, (engine, day) in enumerate(zip(engines, days, strict=True))
        )[:layers],
        tuple({"name": f"subject{number}"} for number in range(subjects)),
        tuple(f"term{number}" for number in range(terms)),
        values,
    )


def assert_alike(one: Vectors, other: Vectors) -> None:
    for name in ("shares", "margin", "noise", "stability"):
        np.testing.assert_allclose(
            getattr(one, name), getattr(other, name), atol=1e-9, err_msg=name
        )


@unhurried
@given(VALUES)
def test_a_vector_sums_to_one_over_what_was_counted(values):
    found = judge(counts_of(values), EAGER)
    said = np.log(np.where(values > 0, values, np.nan))
    is_heard = ~np.isnan(said).all(axis=(1, 2), keepdims=True)  # a series of zeros has no scale
    counted = (~np.isnan(values) & is_heard).any(axis=0)
    assert (~np.isnan(found.shares) == counted).all()
    for row in found.shares[counted.any(axis=1)]:
        assert np.nansum(row) == pytest.approx(1)


@unhurried
@given(VALUES, st.data())
def test_the_scale_of_an_engine_says_nothing(values, data):
    factors = data.draw(arrays(float, (len(values), 1, 1), elements=st.sampled_from([1.0, 1e3])))
    assert_alike(judge(counts_of(values), EAGER), judge(counts_of(values * factors), EAGER))


@pytest.mark.parametrize("axis", [0, 1, 2], ids=["series", "subjects", "terms"])
@unhurried
@given(values=VALUES, data=st.data())
def test_no_order_says_anything(axis, values, data):
    order = data.draw(st.permutations(range(values.shape[axis])))
    counts = counts_of(values)
    series = [counts.series[place] for place in order] if axis == 0 else counts.series
    terms = [counts.terms[place] for place in order] if axis == 2 else counts.terms
    moved = replace(counts, values=values.take(order, axis), series=series, terms=terms)
    one, other = judge(counts, EAGER), judge(moved, EAGER)
    places = order if axis == 1 else range(values.shape[1])
    for name in ("margin", "noise"):
        moved_values = getattr(one, name)[list(places)]
        np.testing.assert_allclose(getattr(other, name), moved_values, atol=1e-9)
    assert other.reasons == tuple(one.reasons[place] for place in places)
    shares = one.shares if axis == 0 else one.shares.take(order, axis - 1)
    np.testing.assert_allclose(other.shares, shares, atol=1e-9)


@pytest.mark.accepts("F07")
@unhurried
@given(VALUES)
def test_a_series_that_counted_nothing_changes_nothing(values):
    counts = counts_of(values)
    silent = np.full((1, *values.shape[1:]), np.nan)
    more = replace(
        counts,
        values=np.concatenate([values, silent]),
        series=(*counts.series, Series("silent", "", "1", True)),
    )
    one, other = judge(counts, EAGER), judge(more, EAGER)
    np.testing.assert_allclose(one.shares, other.shares, atol=1e-9)
    np.testing.assert_allclose(one.margin, other.margin, atol=1e-9)


@pytest.mark.accepts("F07")
def test_a_missing_count_is_no_zero():
    missing, zero = np.array([[[900.0, 100.0, math.nan]]]), np.array([[[900.0, 100.0, 0.0]]])
    (unknown,), (none,) = judge(counts_of(missing)).shares, judge(counts_of(zero)).shares
    assert unknown.tolist() == pytest.approx([0.9, 0.1, math.nan], nan_ok=True)
    assert none.tolist() == pytest.approx([900 / 1050, 100 / 1050, 50 / 1050])
    assert judge(counts_of(missing)).reasons == (TOO_FEW,)


def test_half_of_how_common_a_term_is_is_taken_away():
    # "car" is said of everything a hundred times as often as "van": by habit, 1 for the last one.
    values = np.array([[[1000.0, 10.0]] * 30 + [[1000.0, 300.0]]])
    shares = judge(counts_of(values), Formula(correction=0.0)).shares[-1]
    assert shares.tolist() == pytest.approx([1000 / 1300, 300 / 1300])
    shares = judge(counts_of(values)).shares[-1]
    assert shares.tolist() == pytest.approx([100 / 400, 300 / 400])
    shares = judge(counts_of(values), Formula(correction=1.0)).shares[-1]
    assert shares.tolist() == pytest.approx([10 / 310, 300 / 310])


def test_of_a_few_subjects_nobody_knows_what_is_common():
    values = np.array([[[1000.0, 10.0]] * 5])
    assert judge(counts_of(values)).shares[0].tolist() == pytest.approx([1000 / 1010, 10 / 1010])


def test_an_engine_that_was_asked_for_popular_subjects_alone_is_not_a_larger_one():
    """Its one missing count must not be measured against what others count for all."""
    plain = np.array([[100.0 * 10**place, 10.0 * 10**place] for place in range(5)])
    popular = np.where(np.arange(5)[:, None] < 3, math.nan, plain)
    popular[4, 1] = math.nan
    shares = judge(counts_of(np.stack([plain, popular]), "ab", "11")).shares
    assert shares[4].tolist() == pytest.approx([10 / 11, 1 / 11])


def one_subject(*layers: list[float], engines: str, days: str) -> Vectors:
    return judge(counts_of(np.array(layers)[:, None, :], engines, days))


@pytest.mark.accepts("F08")
def test_a_margin_inside_the_noise_is_no_label():
    one = one_subject([130.0, 100.0], engines="a", days="1")
    assert (one.reasons, one.noise[0]) == ((WITHIN_NOISE,), Formula().default_noise)
    assert one_subject([230.0, 100.0], engines="a", days="1").reasons == ("",)
    split = one_subject([800.0, 100.0], [100.0, 300.0], engines="ab", days="11")
    assert split.reasons == (WITHIN_NOISE,)
    assert split.noise[0] > 1
    agreed = one_subject([800.0, 100.0], [70.0, 10.0], engines="ab", days="11")
    assert agreed.reasons == ("",)


@pytest.mark.accepts("F08")
def test_two_days_and_two_quotings_are_stable_or_not():
    steady = one_subject([800.0, 100.0], [700.0, 100.0], engines="aa", days="12")
    assert steady.stability[0] == 1
    turned = one_subject([800.0, 100.0], [50.0, 100.0], [90.0, 10.0], engines="aaa", days="123")
    assert turned.stability[0] == pytest.approx(2 / 3)
    assert np.isnan(one_subject([800.0, 100.0], engines="a", days="1").stability[0])
    quotings = counts_of(np.array([[[800.0, 100.0]], [[90.0, 100.0]]]), "aa", "11")
    series = (quotings.series[0], quotings.series[1]._replace(is_quoted=False))
    assert judge(replace(quotings, series=series)).stability[0] == 0.5


@pytest.mark.accepts("F08")
def test_a_count_without_quotes_stands_in_only_where_the_quoted_one_is_missing():
    values = np.array([[[800.0, 100.0], [80.0, math.nan]], [[800.0, 200.0], [80.0, 10.0]]])
    quoted = counts_of(values, "aa", "11")
    series = (quoted.series[0], quoted.series[1]._replace(is_quoted=False))
    found = judge(replace(quoted, series=series))
    assert found.shares[0].tolist() == pytest.approx([8 / 9, 1 / 9])
    assert not np.isnan(found.shares[1]).any()


@pytest.mark.accepts("F08")
def test_an_engine_asked_ten_times_is_one_witness():
    rows = [[210.0, 100.0], [220.0, 100.0]] * 5
    often = one_subject(*rows, engines="a" * 10, days="0123456789")
    assert often.noise[0] == pytest.approx(Formula().default_noise)


def shuffled(rate: float) -> Callable[[int], Vectors]:
    """A web of 200 subjects whose first term is right, seen by engines with this much noise."""

    def seen_by(engines: int) -> Vectors:
        chance = np.random.default_rng(5)
        truth = np.where(np.arange(2) == 0, math.log(2), 0.0)
        logs = 5 + truth + chance.normal(0, rate, (engines, 200, 2))
        return judge(counts_of(np.exp(logs), "abcdefgh"[:engines], "1" * engines))

    return seen_by


def test_the_noise_is_that_of_the_engines():
    for rate in (0.1, 0.4):
        seen_by = shuffled(rate)
        for engines in (2, 4, 8):
            expected = rate * math.sqrt(2 / engines)
            assert np.median(seen_by(engines).noise) == pytest.approx(expected, rel=0.4)
