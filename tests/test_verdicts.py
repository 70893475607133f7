"""What every engine of the demo web can be answered, and what the crawl makes of it."""

import time
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import RunningDemo
from tests.crawling import DemoWeb, assert_quiet, crawl, recipe, rows

SIZES = {"demo": 50, "demo_html": 35, "demo_keyed": 30}  # results on a page
ENGINES = tuple(SIZES)
ALL = f"engines={','.join(ENGINES)}"
KEY = "a-key-nobody-may-see"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARSCRAPE_DEMO_KEY", KEY)


def lines(output: str, *words: str) -> list[str]:
    return [line for line in output.splitlines() if all(word in line for word in words)]


def asked(demo: RunningDemo, engine_path: str) -> Counter[str]:
    """Query -> how often it was asked at a path."""
    found: Counter[str] = Counter()
    for path, times in demo.asked().items():
        if path.startswith(engine_path):
            found[parse_qs(urlsplit(path).query)["q"][0]] += times
    return found


@pytest.mark.accepts("F01")
def test_a_page_of_unknown_layout_is_loud_kept_and_not_credible(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford", "layoutme")
    code, output = crawl(
        "image_search", tmp_path / "s", words, ALL, "per_query=3", f"demo_port={demo.port}"
    )
    assert code == 1
    for engine in ENGINES:
        (told,) = lines(output, "ERROR", f"{engine}: page is layout_unknown")
        assert f"mend the reader of {engine}, and run again" in told
        kept = Path(told.partition("kept as ")[2].partition(";")[0])
        assert kept.parent == tmp_path / "s" / "evidence"
        assert kept.stat().st_size
        assert lines(output, "ERROR", f"{engine}: 1 pages are layout_unknown; run again")
    verdicts = "select verdict, count(*) from page group by 1"
    assert rows(tmp_path / "s", verdicts) == [("layout_unknown", 3), ("results", 3)]
    (page,) = (tmp_path / "s" / "evidence").glob("demo_keyed-*")
    assert '{"key": "[key]"}' in page.read_text()  # the web said it back
    held = [path for path in (tmp_path / "s").rglob("*") if path.is_file()]
    assert not [path for path in held if KEY.encode() in path.read_bytes()]
    assert KEY not in output


@pytest.mark.accepts("F02")
def test_every_kind_of_refusal_is_blocked_and_waited_for(tmp_path: Path, demo_web: DemoWeb) -> None:
    kinds = ("captcha", "consent", "traffic", "", "empty", "accepted", "", "forbidden", "throttled")
    moods = [
        f"{engine}={kind}:{ask}" for engine in ENGINES for ask, kind in enumerate(kinds, 1) if kind
    ]
    demo = demo_web(faults="none", moods=",".join(moods))
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(6)))
    code, output = crawl(
        "image_search", tmp_path / "s", words, ALL, "per_query=3", f"demo_port={demo.port}"
    )
    assert code == 0, output
    assert_quiet(output)
    verdicts = "select engine, verdict, count(*) from page group by 1, 2"
    assert rows(tmp_path / "s", verdicts) == [(engine, "results", 6) for engine in ENGINES]
    for engine, path in zip(ENGINES, ("/api/", "/images/", "/keyed/"), strict=True):
        assert asked(demo, path).total() == 6 + 7
        assert lines(output, "WARNING", f"{engine}: page is blocked", "it is left alone until")
        assert lines(output, "INFO", f"{engine} answers again")
        # The same wall served to another query is another page.
        assert len(list((tmp_path / "s" / "evidence").glob(f"{engine}-blocked-*"))) >= 3


@pytest.mark.accepts("F02")
def test_an_engine_that_never_recovers_leaves_its_pages_unasked(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    demo = demo_web(faults="none", moods="demo_html=captcha:1-")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(6)))
    began = time.time()
    code, output = crawl(
        "image_search", tmp_path / "s", words, ALL, "per_query=3", f"demo_port={demo.port}"
    )
    assert code == 1
    assert len(lines(output, "ERROR")) == 1
    assert lines(output, "ERROR demo_html: 6 pages are not asked yet; run again after")
    pages = "select engine, verdict, count(*), min(tries) from page group by 1, 2"
    assert rows(tmp_path / "s", pages) == [
        ("demo", "results", 6, 1),
        ("demo_html", None, 6, 0),
        ("demo_keyed", "results", 6, 1),
    ]
    ((lane,),) = rows(tmp_path / "s", "select not_before from host where name like 'engine:%'")
    told = "select max(not_before), max(detail) from page where engine = 'demo_html'"
    wall = "blocked: no grid of images, but 'are you a robot'"
    assert rows(tmp_path / "s", told) == [(lane, wall)]
    assert lane > began


@pytest.mark.accepts("F03")
def test_nothing_another_query_and_repeats_are_told_apart(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "nothingme", "red rewriteme ford", "repeatme")
    arguments = ("image_search", tmp_path / "s", words, ALL, f"demo_port={demo.port}")
    code, output = crawl(*arguments, "per_query=60")
    assert code == 1
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    pages = "select text, engine, verdict, found from page join query on query.id = query"
    for text, engine, verdict, images in rows(tmp_path / "s", f"{pages} order by number"):
        found.setdefault((text, engine), []).append((verdict, images))
    for engine, size in SIZES.items():
        assert found["nothingme", engine] == [("no_results", 0)]
        assert found["red rewriteme ford", engine] == [("rewritten", 0)]
        assert found["repeatme", engine] == [("results", size), ("exhausted", size)]
    for engine in ENGINES:
        assert lines(output, "WARNING", f"{engine}: page is rewritten", "red ford")
        assert lines(output, "ERROR", f"{engine}: 1 pages are rewritten; run again")


@pytest.mark.accepts("F03")
def test_a_count_for_another_phrase_is_not_counted(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "rewriteme ford", "nothingme", "kia")
    with open(tmp_path / "words.toml", "a") as file:
        file.write('[hits]\nphrase = "{word} {term}"\nterms = ["truck"]\n')
    arguments = (words, "engines=demo,demo_html", f"demo_port={demo.port}")
    code, output = crawl("hitcounts", tmp_path / "s", *arguments)
    assert code == 1
    found = "select phrase, verdict, count(*), count(count), count(distinct count) from hit"
    assert rows(tmp_path / "s", f"{found} group by 1, 2 order by 1") == [
        ('"kia truck"', "results", 2, 2, 2),
        ('"nothingme truck"', "no_results", 2, 0, 0),
        ('"rewriteme ford truck"', "rewritten", 2, 0, 0),
    ]
    assert lines(output, "ERROR demo_html: 1 pages are rewritten; run again")


@pytest.mark.accepts("F04", "F05")
def test_a_run_says_how_much_there_was_of_what_was_asked(tmp_path: Path, demo_web: DemoWeb) -> None:
    """One query of endless repeats, one that ends early, one with more than an API gives."""
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "repeatme", "capme", "red ford")
    code, output = crawl(
        "image_search", tmp_path / "s", words, ALL, "per_query=125", f"demo_port={demo.port}"
    )
    assert code == 0, output
    assert_quiet(output)
    last = (
        "select text, engine, verdict, detail from page p join query on query.id = query "
        "where number = (select max(number) from page where engine = p.engine and query = p.query)"
    )
    ends = {(text, engine): (how, why) for text, engine, how, why in rows(tmp_path / "s", last)}
    for engine, size in SIZES.items():
        repeats = f"{size} of 125 asked: the page only repeats what was found before"
        assert ends["repeatme", engine] == ("exhausted", repeats)
        assert ends["capme", engine] == ("results", "")
    assert ends["red ford", "demo"] == ends["red ford", "demo_html"] == ("results", "")
    cap = "120 of 125 asked: the engine gives no more than that"
    assert ends["red ford", "demo_keyed"] == ("exhausted", cap)
    short = [line for line in output.splitlines() if "queries got fewer" in line]
    assert short == [
        "demo: 2 of 3 queries got fewer than 125 images: 90 of 250 asked.",
        "demo_html: 2 of 3 queries got fewer than 125 images: 75 of 250 asked.",
        "demo_keyed: 3 of 3 queries got fewer than 125 images: 190 of 375 asked.",
    ]
    # Page 5 of the API would have been refused.
    assert {how for how, _ in ends.values()} == {"results", "exhausted"}
    assert asked(demo, "/keyed/")["red ford"] == 4


def test_a_run_that_got_all_says_nothing_of_it(tmp_path: Path, demo_web: DemoWeb) -> None:
    demo = demo_web(faults="none")
    words = recipe(tmp_path, "red ford")
    arguments = (words, ALL, "per_query=40", f"demo_port={demo.port}")
    code, output = crawl("image_search", tmp_path / "s", *arguments)
    assert code == 0, output
    assert "fewer than" not in output


def test_an_engine_without_its_key_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CARSCRAPE_DEMO_KEY")
    code, output = crawl("image_search", tmp_path / "s", ALL)
    assert code == 2
    assert "demo_keyed needs a key: set CARSCRAPE_DEMO_KEY (any word of" in output
    assert output.count("\n") == 1
