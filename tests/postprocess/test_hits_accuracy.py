"""The labels of hit counts against known types."""

import re
from pathlib import Path

import pytest
from stores import make_store
from test_hits import MUSTANG, with_hits

from carscrape.store import Store
from postprocess.cli import main
from postprocess.hits.accuracy import accuracies, read_types
from postprocess.hits.table import SubjectHits
from postprocess.tsv import TruthError

RANGER = {"make": "Ford", "model": "Ranger"}
TRUTH = "make\tmodel\ttypes\tsource\nford\tmustang\tcar:3\tx\nford\tranger\ttruck:7,suv:2\tx\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    hits = [("bing", MUSTANG, "car", 300), ("bing", MUSTANG, "truck", 100)]
    hits += [("bing", RANGER, "car", 110), ("bing", RANGER, "truck", 100)]
    return with_hits(make_store(tmp_path, []), hits)


def truth(tmp_path: Path, text: str = TRUTH) -> Path:
    path = tmp_path / "types.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_accuracies_and_abstentions_are_printed(tmp_path, store, capsys):
    assert main(["hits", str(store.root), "--truth", str(truth(tmp_path))]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 subjects have a known type" in said
    cells = {line[:25].strip(): re.split(r"  +", line[25:].strip()) for line in said.splitlines()}
    assert cells["largest raw count"] == ["100.0 %", "50.0 %", "50.0 %", "100.0 %", "0.0 %"]
    assert cells["label, where it has one"] == ["50.0 %", "100.0 %", "100.0 %", "100.0 %", "–"]


def test_types_of_which_nothing_is_known_do_not_count():
    rows = [SubjectHits({}, {"car": 2, "van": 1}, best="van", reason="") for _ in range(4)]
    largest, vector, label = accuracies(rows, ["car", "car", "van", ""])
    assert (largest.right.hits, largest.right.n, largest.mean_per_type) == (2, 3, 0.5)
    assert (vector.right.hits, label.labelled.n) == (1, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("make\ttypes\nford\tcar:3\n", "the header lacks model"),
        ("make\tmodel\ttypes\nford\tmustang\n", "line 2: not as many cells"),
        ("make\tmodel\ttypes\nford\tmustang\tcar\n", "line 2: types must look like suv:18,car:5"),
        ("make\tmodel\ttypes\nkia\trio\tcar:3\n", "states the type of no subject"),
    ],
)
def test_a_wrong_truth_is_one_line(tmp_path, store, capsys, text, message):
    assert main(["hits", str(store.root), "--truth", str(truth(tmp_path, text))]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert len(said.splitlines()) == 1


def test_a_truth_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "types.tsv"
    path.write_bytes(b"\xff\xfe\n")
    with pytest.raises(TruthError, match="no tab-separated UTF-8 text"):
        read_types(path, [MUSTANG])


def test_the_known_body_types_are_read():
    path = Path(__file__).parents[3] / "shared" / "cars" / "body_types.tsv"
    if not path.exists():
        pytest.skip("the known body types are not at hand")
    subjects = [MUSTANG, RANGER, {"make": "Hummer", "model": "H1"}, {"make": "x", "model": "y"}]
    assert read_types(path, subjects) == ["car", "truck", "suv", ""]
