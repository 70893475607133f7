"""Near-duplicates as the stage dedupe wrote them down."""

from collections.abc import Mapping
from itertools import combinations

from carscrape.store import Store
from postprocess.certificate.check import Check
from postprocess.verdicts import Verdicts


def check(store: Store, splits: Mapping[str, str]) -> Check:
    """Look for groups with images in two splits.

    Args:
        splits: sha256 (hex) of every exported image -> its split.

    Raises:
        StoreError: the verdicts cannot be read.
    """
    verdicts = Verdicts(store)
    members: dict[bytes, list[str]] = {}
    for judge in verdicts.current():
        if judge.stage == "dedupe" and not judge.skipped:
            rows = verdicts.read(judge.stage, judge.key, ["id", "group"])
            for id_, group in zip(rows["id"].to_pylist(), rows["group"].to_pylist(), strict=True):
                if id_.hex() in splits:
                    members.setdefault(group, []).append(id_.hex())
    pairs = [pair for group in members.values() for pair in combinations(sorted(group), 2)]
    leaks = [(one, other) for one, other in pairs if splits[one] != splits[other]]
    return Check("groups", len(pairs), sorted(leaks))
