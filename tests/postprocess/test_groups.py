from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from postprocess import groups
from postprocess.groups import Groups, group
from postprocess.hamming import Hashes
from postprocess.likeness import Likeness

Rows = npt.NDArray[np.int64]


def by(match: Callable[[int, int], bool]) -> groups.Compare:
    def compare(one: Rows, other: Rows) -> Likeness:
        assert (other < one).all()  # the keeper is the better one
        same = np.array([match(i, j) for i, j in zip(one.tolist(), other.tolist(), strict=True)])
        return Likeness(same, np.where(same, 0.9, 0.1).astype(np.float32))

    return compare


def apart(hashes: Hashes, crops: Hashes, i: int, j: int) -> int:
    pairs = ((hashes[i], hashes[j]), (hashes[i], crops[j]), (crops[i], hashes[j]))
    return min(int(one ^ other).bit_count() for one, other in pairs)


def one_by_one(hashes: Hashes, crops: Hashes, match: Callable[[int, int], bool]) -> list[int]:
    """Each joins the first keeper it matches, or becomes one."""
    keepers: list[int] = []
    joined = []
    for i in range(len(hashes)):
        near = (k for k in keepers if apart(hashes, crops, i, k) <= 7 and match(i, k))
        keeper = next(near, i)
        joined.append(keeper)
        if keeper == i:
            keepers.append(i)
    return joined


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0, 1), st.integers(1, 20))
def test_as_if_decided_one_by_one(seed: int, number: int, likely: float, block: int) -> None:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 2**64, 3, dtype=np.uint64)
    hashes, crops = (
        rng.choice(start, number) ^ (np.uint64(1) << rng.integers(0, 12, number, dtype=np.uint64))
        for _ in range(2)
    )
    said = rng.random((number, number)) < likely

    def match(i: int, j: int) -> bool:
        return bool(said[i, j])

    old, groups._BLOCK = groups._BLOCK, block
    try:
        found = group(hashes, crops, by(match))
    finally:
        groups._BLOCK = old
    assert found.keeper.tolist() == one_by_one(hashes, crops, match)
    for i, keeper in enumerate(found.keeper.tolist()):
        assert found.distance[i] == (apart(hashes, crops, i, keeper) if i != keeper else 0)
        assert found.score[i] == np.float32(0.9 if i != keeper else 0)


def flood(match: Callable[[int, int], bool], number: int) -> tuple[Groups, int]:
    """Group so many images of one hash; the second value: pairs that were looked at."""
    looked = 0
    compare = by(match)

    def counting(one: Rows, other: Rows) -> Likeness:
        nonlocal looked
        looked += len(one)
        return compare(one, other)

    hashes = np.zeros(number, np.uint64)
    crops = np.arange(number, dtype=np.uint64) << np.uint64(30)
    return group(hashes, crops, counting), looked


def test_a_flood_of_copies_is_looked_at_once_each() -> None:
    found, looked = flood(lambda i, j: True, 4_000)
    assert set(found.keeper.tolist()) == {0}
    assert looked < 4_100


def test_a_flood_of_different_pictures_with_one_hash_does_not_go_quadratic() -> None:
    number = 1_000
    found, looked = flood(lambda i, j: False, number)
    assert found.keeper.tolist() == list(range(number))
    assert looked < number * (groups.MOST_KEEPERS + 256)
