import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.score.wilson import Proportion

# Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
GOLDEN = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("hits", "n", "low", "high"), GOLDEN)
def test_interval_equals_the_published_values(hits, n, low, high):
    assert Proportion(hits, n).interval == pytest.approx((low, high), abs=5e-5)


def test_spot_check_of_200_with_13_wrong():
    assert str(Proportion(187, 200)) == "93.5 % (n = 200, 95 % interval 89.2 to 96.2 %)"


def test_nothing_counted_is_unknown():
    assert Proportion(0, 0).share is None
    assert Proportion(0, 0).interval == (0.0, 1.0)
    assert str(Proportion(0, 0)) == "unknown (n = 0)"


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_holds_the_share_and_mirrors(counted):
    hits, n = counted
    low, high = Proportion(hits, n).interval
    assert 0 <= low <= hits / n <= high <= 1
    assert Proportion(n - hits, n).interval == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize(("hits", "n"), [(-1, 3), (4, 3), (0, -1)])
def test_impossible_counts_are_refused(hits, n):
    with pytest.raises(ValueError, match="is no share"):
        Proportion(hits, n)
