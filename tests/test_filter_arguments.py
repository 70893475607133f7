"""What a search is narrowed to: as arguments, beside the recipe's own, and at the engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.settings import Settings

from carscrape import engines
from carscrape.argument_values import ArgumentError
from carscrape.arguments import Arguments, read_arguments
from tests.conftest import ROOT
from tests.crawling import DemoWeb, crawl, recipe, rows
from tests.scrapy_command import MORE_ENGINES
from tests.tiny_recipe import TINY, write

KEY = "a-secret-of-ours"


@pytest.fixture
def keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an engine `keyed`, and it has its key."""
    path = [*engines.__path__, str(ROOT / "tests" / "more_engines")]
    monkeypatch.setattr(engines, "__path__", path)
    monkeypatch.setenv("KEYED_KEY", KEY)


def read(folder: Path, counts_hits: bool = False, search: str = "", **given: str) -> Arguments:
    """The arguments given for a recipe of these [search] lines."""
    path = write(folder, TINY.replace("[hits]", f"[search]\n{search}\n[hits]"))
    settings = Settings()
    settings.setmodule("carscrape.settings")
    settings.set("STORE", str(folder / "s"))
    given = {"recipe": str(path), "engines": "keyed", **given}
    return read_arguments(given, settings, counts_hits)


@pytest.mark.usefixtures("keyed")
def test_arguments_stand_beside_the_recipes_own_and_before_them(tmp_path: Path) -> None:
    own = 'licence = "any"\nlanguage = "de"'
    assert read(tmp_path, search=own).filters == {"licence": "any", "language": "de"}
    read_ = read(tmp_path, search=own, licence="share", size="large")
    assert read_.filters == {"licence": "share", "language": "de", "size": "large"}
    assert next(read_.queries()).filters == read_.filters
    assert next(read_.queries()).id != next(read(tmp_path).queries()).id


@pytest.mark.usefixtures("keyed")
def test_hits_are_narrowed_by_language_and_market_alone(tmp_path: Path) -> None:
    own = 'licence = "any"\nmarket = "AT"'
    read_ = read(tmp_path, counts_hits=True, search=own, language="de")
    assert read_.filters == {"market": "AT", "language": "de"}
    assert {hit.asked_locale for hit in read_.hit_counts("2026-11-26")} == {"de-AT"}
    (plain,) = {hit.asked_locale for hit in read(tmp_path, True).hit_counts("2026-11-26")}
    assert plain == ""


WRONG = [
    ({"licence": "free"}, "licence: expected one of any, share, commercial, public, got 'free'"),
    ({"size": "wallpaper"}, "size: expected one of small, medium, large, huge, got 'wallpaper'"),
    ({"type": ""}, "type: expected one of photo, clipart"),
    ({"colour": "Red"}, "colour: expected one of red, orange"),
    ({"safe": "on"}, "safe: expected one of off, moderate, strict, got 'on'"),
    ({"language": "german"}, "language: expected two small letters, as in de, got 'german'"),
    ({"market": "at"}, "market: expected a country's two capital letters, as in US, got 'at'"),
    ({"license": "any"}, "there is no argument 'license'; there are recipe, engines, colors"),
    ({"type": "photo"}, "type=photo: keyed has no such filter; leave out the filter"),
    ({"size": "small"}, "size=small: keyed knows large alone; leave out the filter"),
    ({"again": "yes"}, "again is for hitcounts alone"),
]


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(("given", "line"), WRONG, ids=str)
def test_wrong_ones_are_one_line(tmp_path: Path, given: dict[str, str], line: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        read(tmp_path, **given)
    assert str(caught.value).startswith(line)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.usefixtures("keyed")
def test_a_recipes_filter_that_the_engine_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="colour=red: keyed has no such filter; leave out"):
        read(tmp_path, search='colour = "red"')


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"licence": "any"}, "licence: hits are narrowed by language and market alone"),
        ({"again": "perhaps"}, "again: expected yes or no, got 'perhaps'"),
    ],
)
def test_wrong_ones_of_hits(tmp_path: Path, given: dict[str, str], line: str) -> None:
    with pytest.raises(ArgumentError, match=line):
        read(tmp_path, counts_hits=True, **given)


@pytest.mark.usefixtures("keyed")
def test_again_is_a_yes_or_a_no(tmp_path: Path) -> None:
    given = [read(tmp_path, True, again=said).again for said in ("yes", "no")]
    assert [*given, read(tmp_path, True).again] == [True, False, False]


@pytest.mark.usefixtures("keyed")
@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("", "engines: keyed needs a key: set KEYED_KEY (from keyed.example)"),
        ("a key\nof two lines", "engines: KEYED_KEY holds more than a key"),
    ],
)
def test_an_engine_without_its_key_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, line: str
) -> None:
    monkeypatch.setenv("KEYED_KEY", key)
    with pytest.raises(ArgumentError) as caught:
        read(tmp_path)
    assert str(caught.value).startswith(line)


@pytest.mark.usefixtures("keyed")
def test_filters_reach_the_engine_in_its_own_words(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    asked = (recipe(tmp_path, "red ford"), "engines=keyed", f"demo_port={demo.port}")
    store = tmp_path / "s"
    for more in ((), ("licence=share", "market=AT"), ("licence=share", "market=AT")):
        code, output = crawl("image_search", store, *asked, *more, faults=(MORE_ENGINES,))
        assert code == 0, output
        assert KEY not in output
    found = rows(store, "select text, filters from query order by filters")
    assert found == [
        ("red ford", '{"licence": "share", "market": "AT"}'),
        ("red ford", "{}"),
    ]
    pages = {path: times for path, times in demo.asked().items() if path.startswith("/api/")}
    (narrowed,) = [path for path in pages if "licence" in path]
    assert "licence=cc-share" in narrowed
    assert "market=AT" in narrowed
    assert list(pages.values()) == [1, 1]
    assert all(KEY.encode() not in content for content in _files(store))


@pytest.mark.usefixtures("keyed")
def test_counts_of_two_locales_are_two_series(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    asked = ("recipe=cars", "engines=keyed", "makes=ford", "limit=1", f"demo_port={demo.port}")
    for more in ((), ("language=de",)):
        code, output = crawl("hitcounts", tmp_path / "s", *asked, *more, faults=(MORE_ENGINES,))
        assert code == 0, output
    locales = rows(tmp_path / "s", "select distinct asked_locale from hit order by 1")
    assert locales == [("",), ("de",)]
    assert any("language=de" in path for path in demo.asked())


def _files(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in folder.rglob("*") if path.is_file())
