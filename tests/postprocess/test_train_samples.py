"""Which images a judge learns from."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from judged import judge
from odd_stages import Picky
from stores import BLUE, RED, Found, make_store

from carscrape.recipe import load
from carscrape.store import Store
from postprocess import pipeline
from postprocess.dataset import splits
from postprocess.stages.label import Label
from postprocess.train.labelled import FOLDS, NO_FOLD
from postprocess.train.samples import Samples, read_samples
from postprocess.train.targets import OTHER, SHOWN, target_of


@dataclass(frozen=True)
class Subject(Picky):
    """Sees no subject in what begins with `bad`."""

    name: ClassVar[str] = "subject"
    reasons: ClassVar[tuple[str, ...]] = ("ok", "no_subject")

    def judge(self, model, images, prepared):
        verdicts = super().judge(model, images, prepared)
        return [type(v)(v.keep, "ok" if v.keep else "no_subject") for v in verdicts]


def store_of(tmp_path: Path, kept: int, rejected: int = 0, shard: str = "all") -> Store:
    found = [Found(b"%d" % n, RED if n % 2 else BLUE) for n in range(kept)]
    found += [Found(b"bad %d" % n) for n in range(rejected)]
    store = make_store(tmp_path, found, shard)
    pipeline.run(store, [Subject(), Label()])
    return store


def samples(store: Store, target: str, seed: int = 0) -> Samples:
    return read_samples(store, target_of(target, load(str(store.recipe_path)), store), seed)


def labels(some: Samples) -> Counter[str]:
    return Counter(some.classes[row.argmax()] for row in some.soft)


def test_the_subject_is_learnt_from_what_the_stage_rejected(tmp_path):
    store = store_of(tmp_path, 300, 100)
    assert labels(samples(store, "subject")) == {SHOWN: 300, OTHER: 100}
    assert labels(samples(store, "color")) == {"red": 150, "blue": 150}
    assert splits.read(store).num_rows == 300  # nothing is remembered of what no export has


def test_an_image_stays_in_its_split_and_fold_when_the_store_grows(tmp_path):
    before = samples(store_of(tmp_path, 400), "color")
    after = samples(store_of(tmp_path, 600, shard="more"), "color")
    places = {image.id: place for place, image in enumerate(after.images)}
    rows = [places[image.id] for image in before.images]
    assert list(after.split[rows]) == list(before.split)
    assert list(after.fold[rows]) == list(before.fold)
    assert len(after.images) == 600
    assert before.digest != after.digest


def test_folds_part_the_training_split_and_nothing_else(tmp_path):
    some = samples(store_of(tmp_path, 400), "color")
    train = some.split == "train"
    assert set(some.fold[train]) == set(range(FOLDS))
    assert set(some.fold[~train]) == {NO_FOLD}


def test_copies_are_in_one_fold(tmp_path):
    store = store_of(tmp_path, 400)
    keepers = {id_: sorted(store.images())[n // 4] for n, id_ in enumerate(sorted(store.images()))}
    judge(store, groups=keepers)
    some = samples(store, "color")
    places = defaultdict(set)
    for image, split, fold in zip(some.images, some.split, some.fold, strict=True):
        places[keepers[image.id]].add((split, fold))
    assert len(places) == 100
    assert {len(found) for found in places.values()} == {1}


def test_classes_with_few_images_are_left_out_and_counted(tmp_path):
    found = [Found(b"%d" % n, RED if n % 2 else BLUE) for n in range(300)]
    rare = RED | {"color": "pink"}
    store = make_store(tmp_path, [*found, *(Found(b"pink %d" % n, rare) for n in range(5))])
    pipeline.run(store, [Subject(), Label()])
    some = samples(store, "color")
    assert some.classes == ("blue", "red")
    assert some.left_out == 5
