"""Names that are words, numbers, or hold quotes, slashes and ampersands, from recipe to ledger."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.crawling import DemoWeb, assert_quiet, crawl, recipe, rows

NAMES = (
    "3",
    "C",
    "Fit",
    "S-Class",
    "X1/9",
    'Typ "7"',
    "& co",
    "a+b",
    "100%",
    "#1",
    "Škoda?",
    "a=b",
)
PATHS = {"demo": "/api/images", "demo_html": "/images/search", "demo_keyed": "/keyed/images"}


@pytest.mark.accepts("F09")
def test_odd_names_reach_every_engine_as_they_are(
    tmp_path: Path, demo_web: DemoWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARSCRAPE_DEMO_KEY", "any-word")
    demo = demo_web(faults="none")
    engines = f"engines={','.join(PATHS)}"
    arguments = (recipe(tmp_path, *NAMES), engines, "per_query=2", f"demo_port={demo.port}")
    code, output = crawl("image_search", tmp_path / "s", *arguments)
    assert code == 0, output
    assert_quiet(output)
    asked = [urlsplit(path) for path in demo.asked()]
    for engine, path in PATHS.items():
        queries = [parse_qs(one.query)["q"] for one in asked if one.path == path]
        assert sorted(queries) == sorted([name] for name in NAMES), engine
    found = (
        "select attributes, count(distinct engine), count(*) from result "
        "join page on page.id = page join query on query.id = query group by query.id"
    )
    assert {
        json.loads(row[0])["word"]: row[1:] for row in rows(tmp_path / "s", found)
    } == dict.fromkeys(NAMES, (3, 6))


@pytest.mark.accepts("F08", "F09")
def test_odd_names_are_counted_with_and_without_quotes(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, *NAMES)
    with open(tmp_path / "words.toml", "a", encoding="utf-8") as file:
        file.write('[hits]\nphrase = "{word} {term}"\nterms = ["car"]\nunquoted = true\n')
    code, output = crawl("hitcounts", tmp_path / "s", words, f"demo_port={demo.port}")
    assert code == 0, output
    assert_quiet(output)
    bare = [f"{name.replace(chr(34), '')} car" for name in NAMES]  # an inner quote would end it
    phrases = sorted([*bare, *(f'"{phrase}"' for phrase in bare)])
    asked = [parse_qs(urlsplit(path).query)["q"] for path in demo.asked() if "/search?" in path]
    assert sorted(asked) == [[phrase] for phrase in phrases]
    counted = "select phrase, verdict, count > 0 from hit order by phrase"
    assert rows(tmp_path / "s", counted) == [(phrase, "results", 1) for phrase in phrases]
