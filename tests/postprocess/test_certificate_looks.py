"""No pair that looks alike is missed by what makes the comparison of many pictures quick."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from postprocess.certificate import looks


def look_of(fields):
    """The look of a picture of 8 x 8 fields, as `looks.look` makes it of a file."""
    grey = fields.mean(axis=2)
    bits = np.packbits(grey > np.median(grey)).tobytes()
    return int.from_bytes(bits), fields.astype(np.uint8).tobytes()


def one_by_one(images):
    """Pairs from different splits that differ in few bits and few levels."""

    def alike(one, other):
        (first, a), (second, b) = one, other
        levels = np.abs(np.frombuffer(a, np.uint8).astype(int) - np.frombuffer(b, np.uint8))
        few = (first ^ second).bit_count() <= looks.MOST_BITS
        return few and levels.mean() <= looks.MOST_LEVELS

    return {
        frozenset((a, b))
        for (a, (split, one)), (b, (its_split, other)) in product(images.items(), repeat=2)
        if split != its_split and alike(one, other)
    }


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 4, 6, 9]), st.sampled_from([0, 3, 40]))
def test_the_same_pairs_as_one_by_one(seed, noise, shift):
    rng = np.random.default_rng(seed)
    templates = rng.integers(60, 190, (3, 8, 8, 3))
    images = {}
    for number in range(40):
        fields = templates[number % 3] + rng.integers(-noise, noise + 1, (8, 8, 3))
        fields[: rng.integers(0, 9)] += rng.integers(-shift, shift + 1)
        split = ("train", "val", "test")[rng.integers(3)]
        images[f"{number:064x}"] = (split, look_of(fields))
    found = looks.check(images)
    assert set(map(frozenset, found.leaks)) == one_by_one(images)
