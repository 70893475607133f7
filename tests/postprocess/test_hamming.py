import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from postprocess.hamming import RADIUS, Hashes, Index, Pairs

seeds = st.integers(0, 2**32 - 1)


def hashes(seed: int, number: int) -> Hashes:
    """Distinct hashes, many of which differ from another in 1 to 12 bits."""
    rng = np.random.default_rng(seed)
    some = rng.integers(0, 2**64, max(1, number // 4), dtype=np.uint64)
    near = [some]
    for bits in (2, 7, 9):
        flipped = np.uint64(1) << rng.integers(0, 64, (bits, len(some)), dtype=np.uint64)
        near.append(some ^ np.bitwise_xor.reduce(flipped))
    return np.unique(np.concatenate(near))


def compared(left: Hashes, right: Hashes) -> set[tuple[int, int, int]]:
    bits = np.bitwise_count(left[:, np.newaxis] ^ right)
    return {(i, j, int(bits[i, j])) for i, j in np.argwhere(bits <= RADIUS).tolist()}


def listed(pairs: Pairs) -> list[tuple[int, int, int]]:
    return list(zip(*(column.tolist() for column in vars(pairs).values()), strict=True))


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 200), st.integers(1, 200))
def test_as_if_every_pair_were_compared(seed: int, one: int, two: int) -> None:
    asked, indexed = hashes(seed, one), hashes(seed, two)
    found = listed(Index(indexed).near(asked))
    assert set(found) == compared(asked, indexed)
    assert len(found) == len(set(found))


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(1, 200), st.integers(1, 50))
def test_a_few_asked_at_a_time_find_the_same(seed: int, number: int, at_once: int) -> None:
    own = hashes(seed, number)
    index = Index(own)
    found = {
        (start + asked, other, bits)
        for start in range(0, len(own), at_once)
        for asked, other, bits in listed(index.near(own[start : start + at_once]))
    }
    assert found == compared(own, own)


def test_none_and_one() -> None:
    none, one = np.empty(0, np.uint64), np.array([5], np.uint64)
    assert not listed(Index(none).near(one))
    assert not listed(Index(one).near(none))
    assert listed(Index(one).near(one)) == [(0, 0, 0)]


def test_one_crowded_bucket_is_compared_in_blocks() -> None:
    """Hashes that all have three bands in common."""
    crowd = np.random.default_rng(3).permutation(1 << 16)[:3000].astype(np.uint64)
    assert set(listed(Index(crowd).near(crowd))) == compared(crowd, crowd)
