import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postprocess.spreadsheet import read_csv, to_csv, write_csv

pytestmark = pytest.mark.accepts("H03")

ODD = ["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "\nx", "\r=1", '"', "'=1", "''-", "'s", "＝1"]
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(ODD)


def written(path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, rows)
    return path


@pytest.mark.parametrize("cell", ODD)
def test_no_cell_begins_like_a_formula(cell):
    ((shown, _),) = csv.reader(io.StringIO(to_csv([[cell, "b"]]), newline=""))
    assert shown[:1] not in "=+-@\t\r\n＝＋－＠"


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5), st.tuples(TEXT, TEXT))
def test_our_reader_gives_back_what_was_written(tmp_path_factory, rows, names):
    if names[0] == names[1]:
        return
    path = written(tmp_path_factory.mktemp("csv") / "a.csv", [names, *rows])
    assert [tuple(row.values()) for row in read_csv(path)] == rows
    assert all(tuple(row) == names for row in read_csv(path))


def test_nothing_is_an_empty_cell_and_plain_quotes_stay(tmp_path):
    path = written(tmp_path / "a.csv", [["a", "b"], [None, "'s-Hertogenbosch"]])
    assert path.read_bytes() == b"a,b\r\n,'s-Hertogenbosch\r\n"


def test_a_row_that_was_cut_is_an_error(tmp_path):
    path = written(tmp_path / "a.csv", [["a", "b"], ["c", "d"]])
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="shorter"):
        list(read_csv(path))


def test_cells_of_any_length(tmp_path):
    long = "x" * 200_000
    (row,) = read_csv(written(tmp_path / "a.csv", [["a"], [long]]))
    assert row["a"] == long
