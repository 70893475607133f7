import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.dataset.slugs import LONGEST, slugs

SAFE = re.compile(r"[a-z0-9_]{1,60}(-[0-9a-f]{8})?|-[0-9a-f]{8}")


def test_plain_labels_stay_readable():
    assert slugs(["red ford mustang", "Mercedes-Benz C 63"]) == {
        "red ford mustang": "red_ford_mustang",
        "Mercedes-Benz C 63": "mercedes_benz_c_63",
    }


@pytest.mark.parametrize(
    "labels",
    [
        ["Ford", "ford"],
        ["Škoda", "S\u030ckoda", "Skoda"],
        ["audi", "\u0430udi", "udi"],  # a Cyrillic a
        ["a/b", "a\\b", "a b"],
        ["..", "../../x", "x", ""],
        ["red\u202edrof", "reddrof"],
    ],
)
def test_labels_that_look_alike_get_names_that_do_not(labels):
    names = slugs(labels)
    assert len(set(names.values())) == len(labels)
    assert all(SAFE.fullmatch(name) for name in names.values())


@pytest.mark.parametrize("label", ["CON", "nul", "Com1", "日本", "😀", "\0", ".", "x" * 300])
def test_names_no_file_system_takes_get_a_hash(label):
    name = slugs([label])[label]
    assert re.fullmatch(r"[a-z0-9_]{0,60}-[0-9a-f]{8}", name)
    assert len(name) <= LONGEST + 9


@given(st.sets(st.text(max_size=80)))
def test_names_are_safe_and_distinct_for_any_labels(labels):
    names = slugs(labels)
    assert len(set(names.values())) == len(labels)
    assert all(SAFE.fullmatch(name) for name in names.values())


HOSTILE = [
    *("..", "../../x", "CON", "a/b", "a\\b", "name.", "x" * 300, "😀", "\0", "\u200f"),
    *("\u0160koda", "S\u030ckoda", "skoda", "name", "con.", "a b", "C:\\x", "//host/x", "~", "-rf"),
]


@pytest.mark.accepts("H01")
def test_hostile_labels_stay_inside_the_folder_on_every_system(tmp_path):
    names = slugs(HOSTILE)
    assert len({name.casefold() for name in names.values()}) == len(HOSTILE)
    for system in (PurePosixPath, PureWindowsPath):
        for name in names.values():
            path = system("top") / name
            assert path.parent == system("top")
            assert path.name == name
            assert len(name.encode()) <= 100
            assert not name.endswith((".", " "))
    assert not any(PureWindowsPath(name).is_reserved() for name in names.values())
    for name in names.values():
        (tmp_path / name).mkdir()
    assert len(list(tmp_path.iterdir())) == len(HOSTILE)
