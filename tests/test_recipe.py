import json
import math
import os
import tracemalloc
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carscrape.filters import CHOICES, CODES, filters_of, locale_of
from carscrape.recipe import Query, Recipe, RecipeError, load, shard_of
from carscrape.store import StoreError
from tests.tiny_recipe import TINY, write

MADE = """
name = "made"
per_query = 1
engines = ["demo"]
phrases = ["{phrase}"]
[attributes]
{values}
[filter]
top_k = 1
min_probability = 0
[filter.synsets]
any = ["n00000001"]
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Recipe:
    return load(write(tmp_path))


def test_queries_cross_the_lists_with_the_rows(tiny: Recipe) -> None:
    queries = list(tiny.queries())
    assert [query.text for query in queries[:3]] == [
        "red Ford Mustang",
        "sky blue Ford Mustang",
        "red Ford F-150",
    ]
    assert len(queries) == 2 * 4
    assert list(queries[0].attributes) == ["color", "make", "model"] == list(tiny.attributes)
    assert queries[-1].text == 'sky blue Haus Typ "7"'


def test_ids_are_the_same_for_ever(tiny: Recipe) -> None:
    assert [query.id for query in islice(tiny.queries(), 2)] == [
        "87f3280aecd7b57a",
        "e8ce9a7b41aaff15",
    ]
    assert next(load("cars").queries()).id == "d054e7369958b167"
    assert [shard_of(query.id, 3) for query in tiny.queries()] == [3, 3, 3, 3, 2, 2, 2, 2]


def test_ids_do_not_depend_on_the_order_of_attributes() -> None:
    query = Query.of("red Ford", {"color": "red", "make": "Ford"})
    assert Query.of("red Ford", {"make": "Ford", "color": "red"}).id == query.id


def test_ids_are_others_with_filters_and_only_with_them(tmp_path: Path, tiny: Recipe) -> None:
    narrow = '[search]\nlicence = "share"\nlanguage = "de"\n[hits]'
    narrowed = load(write(tmp_path, TINY.replace("[hits]", narrow)))
    assert narrowed.filters == {"licence": "share", "language": "de"}
    assert all(query.filters == narrowed.filters for query in narrowed.queries())
    ids, wide = ([query.id for query in each.queries()] for each in (narrowed, tiny))
    assert not set(ids) & set(wide)
    assert [query.id for query in narrowed.queries(filters={})] == wide
    assert [query.text for query in narrowed.queries()] == [query.text for query in tiny.queries()]


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from(values) for name, values in CHOICES.items()},
        "language": st.sampled_from(["de", "en"]),
        "market": st.sampled_from(["AT", "US"]),
    },
)


@given(FILTERS, FILTERS)
def test_two_ids_are_one_only_for_the_same_filters(
    one: dict[str, str], other: dict[str, str]
) -> None:
    first, second = (Query.of("red", {"color": "red"}, each) for each in (one, other))
    assert (first.id == second.id) == (one == other)
    turned = dict(reversed(one.items()))
    assert Query.of("red", {"color": "red"}, turned).id == first.id


@given(FILTERS)
def test_a_locale_is_read_back_as_its_filters(filters: dict[str, str]) -> None:
    codes = {name: value for name, value in filters.items() if name in CODES}
    assert filters_of(locale_of(filters)) == codes


def test_hit_phrases_are_quoted_and_distinct(tiny: Recipe) -> None:
    phrases = list(tiny.hit_phrases())
    assert len(phrases) == 4 * 2
    assert phrases[0].text == '"Ford Mustang car"'
    assert phrases[0].subject == {"make": "Ford", "model": "Mustang"}
    assert phrases[-1].text == '"Haus Typ 7 suv"'


def test_unquoted_hits_are_asked_beside_the_quoted(tmp_path: Path) -> None:
    recipe = load(write(tmp_path, TINY.replace("[hits]", "[hits]\nunquoted = true")))
    texts = [phrase.text for phrase in recipe.hit_phrases()]
    assert len(texts) == len(set(texts)) == 2 * 4 * 2
    assert texts[:2] == ['"Ford Mustang car"', "Ford Mustang car"]


def test_hits_of_one_column_count_each_value_once(tmp_path: Path) -> None:
    recipe = load(write(tmp_path, TINY.replace("{make} {model} {term}", "{term} by {make}")))
    makes = [phrase.subject for phrase in recipe.hit_phrases() if phrase.term == "car"]
    assert makes == [{"make": "Ford"}, {"make": "Chrysler"}, {"make": "Haus"}]


def test_only_narrows_whatever_the_case(tiny: Recipe) -> None:
    only = {"color": ["RED"], "make": ["ford", "haus"]}
    assert [query.text for query in tiny.queries(only)] == [
        "red Ford Mustang",
        "red Ford F-150",
        'red Haus Typ "7"',
    ]
    assert len(list(tiny.hit_phrases(only))) == 3 * 2


def test_only_keeps_every_spelling_of_a_value(tmp_path: Path) -> None:
    recipe = load(write(tmp_path, table="make,model\nSaturn,SKY\nSkoda,Sky\nKia,Rio\n"))
    texts = [query.attributes["model"] for query in recipe.queries({"model": ["sky"]})]
    assert texts == ["SKY", "SKY", "Sky", "Sky"]


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ({"color": ["rod"]}, "no color 'rod'; the nearest are: red"),
        ({"model": ["mustong"]}, "no model 'mustong'; the nearest are: Mustang"),
        ({"colour": ["red"]}, "no attribute 'colour', only color, make, model"),
        ({"make": ["ford"], "model": ['Typ "7"']}, "no combination has make Ford and model"),
        ({"color": []}, "no combination has color"),
    ],
)
def test_only_names_what_is_not_there(
    tiny: Recipe, only: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        tiny.queries(only)
    with pytest.raises(RecipeError, match=message):
        tiny.hit_phrases(only)


def test_optional_parts_may_be_missing(tmp_path: Path) -> None:
    only_a_list = TINY.replace('table = "tiny.csv"\n', "").replace(
        "{color} {make} {model}", "{color}"
    )
    head, tail = only_a_list.split("[hits]")
    recipe = load(write(tmp_path, head + "[filter]" + tail.split("[filter]", 1)[1]))
    assert [query.text for query in recipe.queries()] == ["red", "sky blue"]
    assert list(recipe.hit_phrases()) == []


def test_only_a_table_will_do(tmp_path: Path) -> None:
    toml = TINY.replace('[attributes]\ncolor = ["red", "sky blue"]\n', "").replace("{color} ", "")
    assert len(list(load(write(tmp_path, toml)).queries())) == 4


def test_saved_recipe_is_equal(tmp_path: Path, tiny: Recipe) -> None:
    folder = tmp_path / "new" / "store"
    tiny.save(folder)
    assert sorted(os.listdir(folder)) == ["recipe.toml", "tiny.csv"]
    saved = load(folder / "recipe.toml")
    assert saved == tiny
    assert list(saved.queries()) == list(tiny.queries())
    saved.save(folder)
    assert load(folder / "recipe.toml") == tiny


def test_saving_to_a_file_is_a_store_error(tmp_path: Path, tiny: Recipe) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot write the recipe"):
        tiny.save(tmp_path / "file")


def test_a_million_queries_cost_no_memory(tmp_path: Path) -> None:
    numbers = ", ".join(f'"{number}"' for number in range(1000))
    toml = TINY.replace("[hits]", f"tens = [{numbers}]\nones = [{numbers}]\n[hits]")
    toml = toml.replace("{color} {make}", "{tens} {ones} {color} {make}")
    recipe = load(write(tmp_path, toml))
    tracemalloc.start()
    queries = recipe.queries()
    assert sum(1 for _ in islice(queries, 20_000)) == 20_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


VALUES = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='",\\'), min_size=1),
    min_size=1,
    max_size=4,
    unique_by=str.casefold,
)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=4), st.integers(1, 5))
def test_queries_are_a_product_cut_into_shards(lists: list[list[str]], shards: int) -> None:
    attributes = {f"a{number}": values for number, values in enumerate(lists)}
    phrase = " ".join(f"{{{name}}}" for name in attributes)
    values = "\n".join(
        f"{name} = {json.dumps(each, ensure_ascii=False)}" for name, each in attributes.items()
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.toml"
        path.write_text(MADE.format(phrase=phrase, values=values), encoding="utf-8")
        queries = list(load(path).queries())
    assert len(queries) == math.prod(len(values) for values in lists)
    assert len({query.id for query in queries}) == len(queries)
    assert {tuple(query.attributes.values()) for query in queries} == set(product(*lists))
    assert all(1 <= shard_of(query.id, shards) <= shards for query in queries)


@pytest.mark.parametrize(
    ("line", "attribute", "colour"),
    [
        ("", "color", "color"),
        ("", "colour", "colour"),
        ("", "paint", ""),
        ('colour = "paint"', "paint", "paint"),
        ("colour = false", "color", ""),
    ],
)
def test_which_attribute_is_a_colour(
    tmp_path: Path, line: str, attribute: str, colour: str
) -> None:
    toml = TINY.replace("color", attribute).replace("[filter]", f"[filter]\n{line}")
    assert load(write(tmp_path, toml)).colour == colour


def test_the_least_probability_may_be_left_to_the_network(tmp_path: Path) -> None:
    toml = TINY.replace("min_probability = 0.1\n", "")
    assert load(write(tmp_path, toml)).subject.min_probability is None
    assert load(write(tmp_path)).subject.min_probability == 0.1


def test_drawings_and_what_trails_are_rejected_only_where_a_recipe_says_so(tmp_path: Path) -> None:
    asked = load(write(tmp_path)).subject
    assert (asked.max_drawing, asked.max_trailing) == (None, None)
    toml = TINY.replace("[filter]", "[filter]\nmax_drawing = 0.6\nmax_trailing = 0")
    asked = load(write(tmp_path, toml)).subject
    assert (asked.max_drawing, asked.max_trailing) == (0.6, 0)
