import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from postprocess.hamming import RADIUS, Hashes, pairs_within

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


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 300))
def test_as_if_every_pair_were_compared(seed: int, number: int) -> None:
    own = hashes(seed, number)
    pairs = pairs_within(own)
    found = list(zip(*(column.tolist() for column in vars(pairs).values()), strict=True))
    unordered = {(min(i, j), max(i, j), bits) for i, j, bits in found}
    assert unordered == {(i, j, bits) for i, j, bits in compared(own, own) if i < j}
    assert len(found) == len(unordered)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 200), st.integers(1, 200))
def test_two_sets_as_if_every_pair_were_compared(seed: int, one: int, two: int) -> None:
    left, right = hashes(seed, one), hashes(seed, two)
    pairs = pairs_within(left, right)
    found = list(zip(*(column.tolist() for column in vars(pairs).values()), strict=True))
    assert set(found) == compared(left, right)
    assert len(found) == len(set(found))


def test_none_and_one() -> None:
    for few in (np.empty(0, np.uint64), np.array([5], np.uint64)):
        assert not len(pairs_within(few).left)


def test_one_crowded_bucket_is_compared_in_blocks() -> None:
    """Hashes that all have three bands in common."""
    crowd = np.random.default_rng(3).permutation(1 << 16)[:3000].astype(np.uint64)
    pairs = pairs_within(crowd)
    assert len(pairs.left) == len([1 for i, j, _ in compared(crowd, crowd) if i < j])
