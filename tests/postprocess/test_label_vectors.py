"""The label vectors that other parts read."""

import pytest
from stores import make_store
from test_hits import MUSTANG, with_hits

from postprocess.hits.vectors import label_vectors

RANGER, AUDI = {"make": "ford", "model": "ranger"}, {"make": "audi", "model": "quattroporte"}


def test_one_row_per_subject_with_its_vector(tmp_path):
    hits = [("bing", MUSTANG, "car", 300), ("bing", MUSTANG, "truck", 100)]
    hits += [("bing", RANGER, "car", 5), ("bing", RANGER, "truck", None)]
    hits += [("bing", AUDI, "car", 5), ("bing", AUDI, "truck", 4)]
    table = label_vectors(with_hits(make_store(tmp_path, []), hits))
    assert table.column_names == ["subject", "vector", "label", "margin", "ambiguous"]
    close, mustang, few = table.to_pylist()
    assert (mustang["subject"], mustang["label"], mustang["ambiguous"]) == (MUSTANG, "car", "word")
    assert mustang["vector"] == pytest.approx({"car": 0.75, "truck": 0.25})
    assert (few["vector"], few["label"], few["margin"]) == (None, None, None)
    assert (close["label"], close["ambiguous"]) == (None, "")
    assert sum(close["vector"].values()) == pytest.approx(1)
