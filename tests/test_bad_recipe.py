from pathlib import Path

import pytest

from carscrape.recipe import RecipeError, load
from tests.tiny_recipe import TINY, write

BAD_RECIPES = {
    "unknown key": ('name = "tiny"', 'nam = "tiny"', "nam: unknown key"),
    "missing key": ('name = "tiny"', "", "name: missing, expected a string"),
    "wrong type": ('name = "tiny"', "name = 3", "name: expected a string, got 3"),
    "empty name": ('name = "tiny"', 'name = " "', "name: expected a value"),
    "control character": ('name = "tiny"', r'name = "a\nb"', r"name: 'a\\nb' contains a control"),
    "zero": ("per_query = 10", "per_query = 0", "per_query: expected a whole number"),
    "truth": ("per_query = 10", "per_query = true", "per_query: expected a whole number"),
    "fraction": ("per_query = 10", "per_query = 1.5", "per_query: expected a whole number"),
    "text for list": ('engines = ["demo"]', 'engines = "demo"', "engines: expected a list"),
    "empty list": ('["red", "sky blue"]', "[]", "attributes.color: expected at least one"),
    "number in list": ('"sky blue"]', "7]", "attributes.color: expected a string, got 7"),
    "twice": ('"sky blue"]', '"Red"]', "attributes.color: 'Red' is listed twice"),
    "bad attribute name": ("color = [", "Color = [", "'Color' cannot name an attribute"),
    "reserved name": ("color = [", "engine = [", "'engine' cannot name an attribute"),
    "also a column": ("color = [", "make = [", "attributes.make: is also a column"),
    "unknown in phrase": ("{color} {make}", "{colour} {make}", "names 'colour', which is none of"),
    "unpaired brace": ("{color} {make}", "{color {make}", "phrases: "),
    "attribute access": ("{color} {make}", "{color.x} {make}", "names 'color.x'"),
    "format": ("{color} {make}", "{color:>9} {make}", "only plain names"),
    "not every attribute": ("{color} {make}", "{make}", "must name every attribute, also {color}"),
    "no term": ("{make} {model} {term}", "{make} {model}", "hits.phrase: .* must name {term}"),
    "only the term": ("{make} {model} {term}", "{term}", "at least one attribute"),
    "no terms": ('terms = ["car", "suv"]', "", "hits.terms: missing"),
    "unknown in hits": ("[hits]", "[hits]\nx = 1", "hits.x: unknown key"),
    "search no table": (
        'name = "tiny"',
        'name = "tiny"\nsearch = "any"',
        "search: expected a table",
    ),
    "unknown filter": (
        "[hits]",
        '[search]\nlicense = "any"\n[hits]',
        "search.license: there is no",
    ),
    "unknown licence": (
        "[hits]",
        '[search]\nlicence = "free"\n[hits]',
        "expected one of any, share",
    ),
    "long language": ("[hits]", '[search]\nlanguage = "german"\n[hits]', "two small letters"),
    "small market": ("[hits]", '[search]\nmarket = "us"\n[hits]', "two capital letters"),
    "filter is a number": (
        "[hits]",
        "[search]\nsafe = 1\n[hits]",
        "search.safe: expected a string",
    ),
    "not a synset": ("n02814533", "beach wagon", "filter.synsets.car: 'beach wagon' is no synset"),
    "two words": (
        "[filter.synsets]",
        '[filter.synsets]\nx = ["n02814533"]',
        "already belongs to 'x'",
    ),
    "no synsets": ('car = ["n02814533", "n02930766"]', "", "filter.synsets: expected at least one"),
    "probability": ("0.1", "1.1", "filter.min_probability: expected a number from 0 to 1"),
    "not a number": ("0.1", "nan", "filter.min_probability: expected a number from 0 to 1"),
    "drawing": ("[filter]", "[filter]\nmax_drawing = 2", "filter.max_drawing: expected a number"),
    "trailing": (
        "[filter]",
        "[filter]\nmax_trailing = -1",
        "filter.max_trailing: expected a whole number of at least 0, got -1",
    ),
    "no such colour": (
        "[filter]",
        '[filter]\ncolour = "paint"',
        "filter.colour: 'paint' is none of color, make, model",
    ),
    "colour without a name": ("[filter]", "[filter]\ncolour = true", "filter.colour: expected a"),
    "no top_k": ("top_k = 4", "", "filter.top_k: missing"),
    "table elsewhere": ("tiny.csv", "../tiny.csv", "table: expected the name of a .csv beside"),
    "no such table": ("tiny.csv", "other.csv", "cannot read other.csv: No such file"),
    "bad TOML": ("per_query = 10", "per_query =", r"not valid TOML: .*line 3"),
    "too deep": ("per_query = 10", f"per_query = {'[' * 9999}", "nested too deeply"),
    "huge number": ("per_query = 10", f"per_query = {'9' * 9999}", "not valid TOML"),
}


@pytest.mark.parametrize("case", BAD_RECIPES)
def test_bad_recipe_is_one_clear_line(tmp_path: Path, case: str) -> None:
    old, new, message = BAD_RECIPES[case]
    assert old in TINY
    with pytest.raises(RecipeError, match=message.replace("{", r"\{")) as caught:
        load(write(tmp_path, TINY.replace(old, new, 1)))
    assert len(str(caught.value).splitlines()) == 1
    assert "tiny.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("make,model\n", "tiny.csv: expected at least one row"),
        ("", "tiny.csv: line 1: expected distinct column names"),
        ("make,make\na,b\n", "tiny.csv: line 1: expected distinct column names"),
        ("make,Model\na,b\n", "tiny.csv: line 1: 'Model' cannot name an attribute"),
        ("make,model\nFord\n", "tiny.csv: line 2: expected 2 cells, got 1"),
        ("make,model\n\nFord,\n", "tiny.csv: line 3: expected a value"),
        ("make,model\na,b\nc,d\nA,B\n", "tiny.csv: line 4: 'A, B' is there twice"),
        ('make,model\na,"b\nc"\n', r"tiny.csv: line 3: 'b\\nc' contains a control"),
        ('make,model\na,"b\n', "tiny.csv: not valid CSV"),
        (b"make,model\na,\xff\n", "tiny.csv: not valid CSV in UTF-8"),
    ],
)
def test_bad_table_is_one_clear_line(tmp_path: Path, table: str | bytes, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        load(write(tmp_path, table=table))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"name", b"\x00"])
def test_any_bytes_are_one_clear_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        load(path)
    assert len(str(caught.value).splitlines()) == 1


def test_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(RecipeError, match=r"no recipe 'boats': use cars, dogs, or a path"):
        load("boats")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"mine\.toml: No such file"):
        load(tmp_path / "mine.toml")


def test_no_attribute_at_all_is_an_error(tmp_path: Path) -> None:
    toml = TINY.replace('table = "tiny.csv"\n', "").replace('color = ["red", "sky blue"]\n', "")
    with pytest.raises(RecipeError, match="attributes: expected at least one list of values"):
        load(write(tmp_path, toml))
