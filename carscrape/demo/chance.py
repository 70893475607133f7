"""Chance that is no chance: draws that depend on nothing but the seed and a name."""

import hashlib
from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def whole(*name: object) -> int:
    """A 64-bit number that belongs to this name."""
    text = "\x1f".join(map(str, name))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def unit(*name: object) -> float:
    """A number in [0, 1) that belongs to this name."""
    return (whole(*name) >> 11) / 2**53


def choose(values: Sequence[T], *name: object) -> T:
    """One of the values, all equally likely."""
    return values[whole(*name) % len(values)]


def by_share(shares: Mapping[str, float], rest: str, *name: object) -> str:
    """A key of `shares` with the probability it states, or `rest` with what is left of 1."""
    left = unit(*name)
    for key, share in shares.items():
        left -= share
        if left < 0:
            return key
    return rest


def generator(*name: object) -> Random:
    """A generator of pseudo-random numbers that belongs to this name."""
    return Random(whole(*name))  # noqa: S311
