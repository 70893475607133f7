import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carscrape.store import Store
from postprocess.dataset import splits
from postprocess.dataset.splits import PER_MILLE, SplitError, Splits, draw


def name(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def units_of(groups):
    """Image i is in the unit named after the first image with the same group number."""
    first = {}
    return {name(i): name(first.setdefault(group, i)) for i, group in enumerate(groups)}


GROUPS = st.lists(st.integers(0, 12), min_size=1, max_size=40)
SEEDS = st.integers(0, 2**31)


@given(GROUPS, SEEDS)
def test_no_unit_lies_in_two_splits(groups, seed):
    units = units_of(groups)
    drawn = Splits(seed, {}, {})
    assert drawn.assign(units, units) == []
    places = {(unit, drawn.split[image]) for image, unit in units.items()}
    assert len(places) == len(set(units.values()))


@given(GROUPS, SEEDS, st.data())
def test_growth_moves_no_image_and_parts_no_unit(groups, seed, data):
    units = units_of(groups)
    first = data.draw(st.sets(st.sampled_from(sorted(units))))
    drawn = Splits(seed, {}, {})
    drawn.assign(first, units)
    before = dict(drawn.split)
    assert drawn.assign(units, units) == []
    assert before.items() <= drawn.split.items()
    assert len({(u, drawn.split[i]) for i, u in units.items()}) == len(set(units.values()))


@given(GROUPS, GROUPS, SEEDS)
def test_units_that_merge_later_move_no_image_and_take_in_no_bridge(groups, later, seed):
    apart = units_of(groups)
    drawn = Splits(seed, {}, {})
    drawn.assign(apart, apart)
    before = dict(drawn.split)
    merged = units_of((groups + later)[: len(groups)][::-1] + later)
    left_out = drawn.assign(merged, merged)
    assert before.items() <= drawn.split.items()
    for image in drawn.split.keys() - before:
        same = {
            drawn.split[i] for i, u in merged.items() if u == merged[image] and i in drawn.split
        }
        assert same == {drawn.split[image]}
    assert set(left_out).isdisjoint(drawn.split)
    assert merged.keys() <= drawn.split.keys() | set(left_out)


@given(GROUPS, SEEDS, st.randoms())
def test_same_seed_same_split_in_any_order(groups, seed, random):
    units = units_of(groups)
    shuffled = list(units)
    random.shuffle(shuffled)
    one, other = Splits(seed, {}, {}), Splits(seed, {}, {})
    one.assign(units, units)
    other.assign(shuffled, units)
    assert one.split == other.split


@pytest.mark.parametrize("seed", [0, 1, 20260101])
def test_shares_are_near_the_stated_ones(seed):
    drawn = [draw(seed, name(number)) for number in range(20_000)]
    for split, share in PER_MILLE.items():
        assert drawn.count(split) / 20_000 == pytest.approx(share / 1000, abs=0.01)


def test_seeds_draw_different_splits():
    one, other = ([draw(seed, name(n)) for n in range(200)] for seed in (0, 1))
    assert one != other


def test_store_remembers_and_only_adds(tmp_path):
    store = Store(tmp_path)
    units = units_of(range(30))
    few = sorted(units)[10:20]
    first, _ = splits.split(store, few, units, seed=7)
    rows = splits.read(store)
    again, left_out = splits.split(store, units, units, seed=7)
    assert first.items() <= again.items()
    assert set(again) == set(units)
    assert left_out == []
    assert splits.read(store).slice(0, 10).equals(rows)
    assert splits.read(store).num_rows == 30


def test_nothing_new_leaves_the_file_untouched(tmp_path):
    store = Store(tmp_path)
    units = units_of(range(5))
    splits.split(store, units, units, seed=7)
    before = splits.path_of(store).stat()
    splits.split(store, units, units, seed=7)
    after = splits.path_of(store).stat()  # not all of it: reading a file may change its atime
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_seed_is_refused_and_says_how_to_begin_anew(tmp_path):
    store = Store(tmp_path)
    units = units_of(range(5))
    splits.split(store, units, units, seed=7)
    with pytest.raises(SplitError, match=r"splits\.parquet was drawn with seed 7, not 8.*delete"):
        splits.split(store, units, units, seed=8)


def test_a_damaged_file_is_named(tmp_path):
    store = Store(tmp_path)
    store.dataset_dir.mkdir()
    splits.path_of(store).write_bytes(b"no parquet")
    with pytest.raises(SplitError, match=r"cannot read .*splits\.parquet"):
        splits.read(store)
