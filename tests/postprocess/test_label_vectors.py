"""The label vectors that other parts read."""

from stores import make_store
from test_hits import MUSTANG, with_hits

from postprocess.hits.vectors import label_vectors


def test_one_row_per_subject_with_its_vector(tmp_path):
    hits = [("bing", MUSTANG, "car", 300), ("bing", MUSTANG, "truck", 100)]
    table = label_vectors(with_hits(make_store(tmp_path, []), hits))
    (row,) = table.to_pylist()
    assert row["subject"] == MUSTANG
    assert row["vector"] == {"car": 0.75, "truck": 0.25}
    assert row["label"] == "car"
