import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carscrape.store import Store
from postprocess.dataset import splits
from postprocess.dataset.splits import MOST_ON_PAGE, PER_MILLE, SplitError, Splits, draw


def name(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def clusters_of(numbers):
    """Image i is in the cluster with the i-th number; None: in none."""
    found = {}
    for image, number in enumerate(numbers):
        if number is not None:
            found.setdefault(number, []).append(name(image))
    return list(found.values())


def fresh(seed):
    return Splits(seed, {}, {})


def met(split, clusters, left_out=()):
    """For each cluster the splits that its images lie in."""
    return [{split[i] for i in c if i in split and i not in left_out} for c in clusters]


CLUSTERS = st.lists(st.none() | st.integers(0, 12), min_size=1, max_size=40)
SEEDS = st.integers(0, 2**31)
IMAGES = [name(n) for n in range(40)]
ROOM = [name(n) for n in range(40, 4100)]  # so that a hundredth is more than 40 images


@given(CLUSTERS, SEEDS)
def test_no_group_lies_in_two_splits(numbers, seed):
    drawn, groups = fresh(seed), clusters_of(numbers)
    assert drawn.assign(IMAGES, groups, []) == []
    assert all(len(splits) == 1 for splits in met(drawn.split, groups))
    assert drawn.split.keys() == set(IMAGES)


@given(CLUSTERS, CLUSTERS, SEEDS)
def test_neither_do_small_pages(groups, pages, seed):
    drawn, groups, pages = fresh(seed), clusters_of(groups), clusters_of(pages)
    small = [page for page in pages if len(page) <= MOST_ON_PAGE]
    assert drawn.assign(IMAGES + ROOM, groups, pages) == []
    assert all(len(splits) == 1 for splits in met(drawn.split, groups + small))


def test_large_pages_and_large_units_join_nothing():
    many = [name(n) for n in range(10_000)]
    for page in (many[: MOST_ON_PAGE + 1], many[:MOST_ON_PAGE]):
        drawn = fresh(1)
        drawn.assign(many, [], [page])
        assert len(met(drawn.split, [page])[0]) == (1 if len(page) <= MOST_ON_PAGE else 3)
    chain = [many[n : n + 2] for n in range(300)]
    drawn = fresh(1)
    for _ in range(2):  # what was too large stays apart and is no bridge
        assert drawn.assign(many, [], chain) == []
    sizes = [0]
    for one, other in chain:
        sizes = (
            [*sizes, 0] if drawn.unit[one] != drawn.unit[other] else [*sizes[:-1], sizes[-1] + 1]
        )
    assert 0 < max(sizes) < 100  # a hundredth
    assert len(sizes) >= 3


@given(CLUSTERS, CLUSTERS, SEEDS, st.data())
def test_growth_moves_no_image_and_parts_nothing(groups, pages, seed, data):
    groups, pages = clusters_of(groups), clusters_of(pages)
    few = data.draw(st.sets(st.sampled_from(IMAGES)))
    drawn = fresh(seed)
    drawn.assign(few, groups, [])
    before = dict(drawn.split)
    left_out = set(drawn.assign(IMAGES + ROOM, groups, pages))
    assert before.items() <= drawn.split.items()
    small = [page for page in pages if len(page) <= MOST_ON_PAGE]
    assert all(len(splits) <= 1 for splits in met(drawn.split, groups + small, left_out))
    assert drawn.split.keys() | left_out == set(IMAGES + ROOM)
    assert left_out & drawn.split.keys() <= before.keys()


def drawn_apart():
    """Two images that chance drew into train and test, and a third."""
    split = {draw(1, name(n)): name(n) for n in range(100)}
    return split["train"], split["test"], name(1000)


@pytest.mark.parametrize("copies", [True, False])
def test_what_would_join_two_splits_is_left_out_and_the_test_set_stays_whole(copies):
    train, test, new = drawn_apart()
    images = [train, test, new, *ROOM]
    drawn = fresh(1)
    drawn.assign([train, test], [], [])
    cluster = [[train, test, new]]
    for _ in range(2):
        left_out = drawn.assign(images, *((cluster, []) if copies else ([], cluster)))
        assert left_out == sorted([train, new])
        assert (drawn.split[train], drawn.split[test]) == ("train", "test")
        assert new not in drawn.split


def test_a_new_image_between_two_old_ones_costs_itself_alone():
    train, test, new = drawn_apart()
    drawn = fresh(1)
    drawn.assign([train, test], [], [])
    left_out = drawn.assign([train, test, new, *ROOM], [], [[train, new], [test, new]])
    assert left_out == [new]


def test_a_copy_that_is_not_kept_any_more_still_says_where_its_picture_belongs():
    _, test, new = drawn_apart()
    drawn = fresh(1)
    drawn.assign([test], [], [])
    assert drawn.assign([new], [[test, new]], []) == []
    assert drawn.split[new] == "test"


@given(CLUSTERS, CLUSTERS, SEEDS, st.randoms())
def test_same_seed_same_split_in_any_order(groups, pages, seed, random):
    groups, pages, images = clusters_of(groups), clusters_of(pages), list(IMAGES)
    one, other = fresh(seed), fresh(seed)
    one.assign(images, groups, pages)
    for shuffled in (images, groups, pages, *groups, *pages):
        random.shuffle(shuffled)
    other.assign(images, groups, pages)
    assert one == other


@pytest.mark.parametrize("seed", [0, 1, 20260101])
def test_shares_are_near_the_stated_ones(seed):
    drawn = [draw(seed, name(number)) for number in range(20_000)]
    for split, share in PER_MILLE.items():
        assert drawn.count(split) / 20_000 == pytest.approx(share / 1000, abs=0.01)


def test_seeds_draw_different_splits():
    one, other = ([draw(seed, name(n)) for n in range(200)] for seed in (0, 1))
    assert one != other


def remembered(store, images, seed=7):
    drawn = splits.recall(store, seed)
    drawn.assign(images, [], [])
    splits.remember(store, drawn)
    return drawn.split


def test_store_remembers_and_only_adds(tmp_path):
    store = Store(tmp_path)
    first = remembered(store, IMAGES[10:20])
    rows = splits.read(store)
    again = remembered(store, IMAGES)
    assert first.items() <= again.items()
    assert set(again) == set(IMAGES)
    assert splits.read(store).slice(0, 10).equals(rows)
    assert splits.read(store).num_rows == 40


def test_nothing_new_leaves_the_file_untouched(tmp_path):
    store = Store(tmp_path)
    remembered(store, IMAGES)
    before = splits.path_of(store).stat()
    remembered(store, IMAGES)
    after = splits.path_of(store).stat()  # not all of it: reading a file may change its atime
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_seed_is_refused_and_says_how_to_begin_anew(tmp_path):
    store = Store(tmp_path)
    remembered(store, IMAGES)
    with pytest.raises(SplitError, match=r"splits\.parquet was drawn with seed 7, not 8.*delete"):
        splits.recall(store, seed=8)


def test_a_damaged_file_is_named(tmp_path):
    store = Store(tmp_path)
    store.dataset_dir.mkdir()
    splits.path_of(store).write_bytes(b"no parquet")
    with pytest.raises(SplitError, match=r"cannot read .*splits\.parquet"):
        splits.read(store)
