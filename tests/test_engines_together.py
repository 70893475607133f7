"""Several engines at once: each in a lane of its own, their results in one ledger."""

from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from tests.crawling import DemoWeb, assert_quiet, crawl, recipe, rows
from tests.timed_demo import Timeline

ENGINES = ("demo", "demo_html", "demo_keyed")
ALL = f"engines={','.join(ENGINES)}"
DELAYS = {"demo": 0.4, "demo_html": 0.02, "demo_keyed": 0.2}
_SLOTS = ", ".join(
    f'"engine:{name}": {{"concurrency": 2, "delay": {delay}, "jitter": 0.5}}'
    for name, delay in DELAYS.items()
)
SLOTS = f"DOWNLOAD_SLOTS={{{_SLOTS}}}"
OPEN_PAGES = 2  # of one engine, at any moment
NOISE = 0.05  # seconds by which what is measured at the server may differ
LEAST_PAUSE = 0.5  # seconds; with jitter, half of RETRY_DELAY


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARSCRAPE_DEMO_KEY", "any-word")


@pytest.mark.accepts("F01", "F02")
def test_each_engine_goes_wrong_and_on_in_its_own_lane(tmp_path: Path, demo_web: DemoWeb) -> None:
    """`demo_html` blocks for four questions, `demo_keyed` changes its layout after eight."""
    demo = demo_web(
        module="tests.timed_demo", faults="none", moods="demo_html=captcha:5-8,demo_keyed=layout:9-"
    )
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(14)))
    arguments = (words, ALL, "per_query=3", f"demo_port={demo.port}")
    settings = ("RETRY_DELAY=1", "PATIENCE=30", SLOTS)
    code, output = crawl("image_search", tmp_path / "s", *arguments, settings=settings)
    assert code == 1, output
    assert "Traceback" not in output
    assert "demo_html answers again" in output
    assert "demo_keyed is not asked any more in this run: 3 pages in a row were" in output

    asked = Timeline.of(demo)
    assert {engine: len(asked[engine]) for engine in ("demo", "demo_html")} == {
        "demo": 14,
        "demo_html": 14 + 4,
    }
    assert 8 + 3 <= len(asked["demo_keyed"]) <= 8 + 4  # one more may have been under way
    for one, other in combinations(ENGINES, 2):
        assert asked.overlap(one, other)
    for engine, delay in DELAYS.items():
        assert asked.most_open(engine) <= OPEN_PAGES
        assert asked.lasted(engine) >= 0.5 * delay * (len(asked[engine]) - 1) - NOISE
    assert max(asked.most_open(engine) for engine in ENGINES) == OPEN_PAGES
    check_pauses(asked)

    pages = "select engine, verdict, count(*) from page group by 1, 2"
    left = {(engine, verdict): n for engine, verdict, n in rows(tmp_path / "s", pages)}
    assert left["demo", "results"] == left["demo_html", "results"] == 14
    assert left["demo_keyed", "results"] == 8
    assert left["demo_keyed", "layout_unknown"] >= 3
    results = "select engine, count(distinct image) from result join page on page.id = page"
    assert rows(tmp_path / "s", f"{results} group by 1") == [
        ("demo", 3 * 14),
        ("demo_html", 3 * 14),
        ("demo_keyed", 3 * 8),
    ]
    ended = "select outcome, count(*) from image group by 1"
    assert rows(tmp_path / "s", ended) == [("stored", 3 * 14)]
    images = Counter(one.path for one in asked[""] if one.path.startswith("/img/"))
    assert len(images) == 3 * 14
    assert set(images.values()) == {1}


def check_pauses(asked: Timeline) -> None:
    """Refused, `demo_html` is left alone for longer each time, and the others go on meanwhile."""
    refused_and_next = asked["demo_html"][4:9]
    if refused_and_next[1].began < refused_and_next[0].ended + LEAST_PAUSE:
        del refused_and_next[1]  # it was under way with the first
    pauses = [(one.ended, later.began) for one, later in pairwise(refused_and_next)]
    for number, (began, ended) in enumerate(pauses):
        assert ended - began >= LEAST_PAUSE * 2**number
    assert any(asked.between("demo", began, ended) for began, ended in pauses)
    assert pauses[1][0] < asked["demo"][-1].began


@pytest.mark.accepts("F10")
@pytest.mark.parametrize(
    ("moods", "faults", "what"),
    [
        ("demo_html=error:1-", (), "status 500"),
        ("", ("down=demo_html",), "Refused: robots.txt: the connection was refused"),
    ],
    ids=["errors", "refused"],
)
def test_one_engine_is_down_and_the_others_go_on(
    tmp_path: Path, demo_web: DemoWeb, moods: str, faults: tuple[str, ...], what: str
) -> None:
    demo = demo_web(faults="none", moods=moods)
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(6)))
    asked = ("image_search", tmp_path / "s", words, ALL, "per_query=3", f"demo_port={demo.port}")
    code, output = crawl(*asked, faults=faults)
    assert code == 1
    assert "Traceback" not in output
    assert f"WARNING demo_html: page is failed ({what}" in output
    told = [line for line in output.splitlines() if " ERROR " in line]
    assert told
    assert all(" ERROR demo_html" in line for line in told)
    pages = "select engine, count(*) from page where verdict = 'results' group by 1"
    assert rows(tmp_path / "s", pages) == [("demo", 6), ("demo_keyed", 6)]
    ended = "select outcome, count(*) from image group by 1"
    assert rows(tmp_path / "s", ended) == [("stored", 18)]


@pytest.mark.accepts("B10")
def test_pages_are_asked_only_while_images_are_scarce(tmp_path: Path, demo_web: DemoWeb) -> None:
    """So what is known and not asked yet is bounded, however long the plan is."""
    demo = demo_web(module="tests.timed_demo", faults="none")
    words = recipe(tmp_path, *(f"red ford {n}" for n in range(16)))
    window, each = 8, 40
    arguments = (words, f"per_query={each}", f"demo_port={demo.port}")
    settings = (f"CONCURRENT_ITEMS={window}",)
    code, output = crawl("image_search", tmp_path / "s", *arguments, settings=settings)
    assert code == 0, output
    assert_quiet(output)
    asked = Timeline.of(demo)
    assert len(asked["demo"]) == 16
    for before, page in enumerate(asked["demo"]):
        images = sum(one.began < page.began for one in asked[""])
        assert each * before - images <= window + OPEN_PAGES * each


@pytest.mark.accepts("F02", "D03")
def test_an_engine_that_blocked_is_left_alone_by_the_next_run_too(
    tmp_path: Path, demo_web: DemoWeb
) -> None:
    demo = demo_web(faults="none", moods="demo_html=captcha:1-2")
    words = recipe(tmp_path, "red ford", "blue ford")
    asked = ("image_search", tmp_path / "s", words, ALL, "per_query=3", f"demo_port={demo.port}")
    for _ in range(2):
        code, output = crawl(*asked, settings=("RETRY_DELAY=500", "PATIENCE=1"))
        assert code == 1, output
        assert " ERROR demo_html: 2 pages are not asked yet; run again after " in output
    pages = {path: n for path, n in demo.asked().items() if path.startswith("/images/")}
    assert sum(pages.values()) <= 2
    code, output = crawl(*asked, faults=("clock=600",))
    assert code == 0, output
    done = "select engine, verdict, count(*) from page group by 1, 2"
    assert rows(tmp_path / "s", done) == [(engine, "results", 2) for engine in ENGINES]
