"""Names that mean more than the subject."""

import pytest

from postprocess.hits.names import REASONS, ambiguities


def why(*names: str) -> list[str]:
    return ambiguities([{"make": "acme", "model": name} for name in names])


@pytest.mark.accepts("F09")
@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "3": "number",
        "9-3": "number",
        "C": "letters",
        "X1/9": "letters",
        "Fit": "word",
        "Golf": "word",
        "S-Class": "word",
        "Town & Country": "word",
        '"Grand" Tour': "word",
        "Škoda?": "",
        "Camry": "",
        "Camry 3": "",
        "MX-5": "",
        "": "",
        "&": "",
    }.items(),
)
def test_names(name, expected):
    assert why(name) == [expected]


@pytest.mark.accepts("F09")
def test_a_name_that_begins_another_is_counted_with_it():
    assert why("Camry", "Camry Solara", "IS", "IS-F") == ["prefix", "", "prefix", "word"]
    assert why("Camry", "Camrys", "Solara Camry") == ["", "", ""]
    assert ambiguities([{"make": "a", "model": "camry"}, {"make": "b", "model": "camry xl"}]) == [
        "",
        "",
    ]


def test_reasons_are_a_closed_vocabulary():
    assert set(why("Camry", "Camry XL", "3", "C", "Fit")) == {*REASONS, ""}


def test_subjects_without_a_name_have_none():
    assert ambiguities([{}, {"breed": "boxer"}]) == ["", "word"]
