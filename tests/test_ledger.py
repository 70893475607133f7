import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from carscrape.items import MAX_TRIES, HitCount, ImageResult, Outcome, PageVerdict, Result
from carscrape.ledger import Ledger
from carscrape.ledger.images import host_of
from carscrape.store import StoreError


@dataclass
class Query:
    id: str
    text: str
    attributes: dict[str, str] = field(default_factory=dict)
    filters: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def ledger(tmp_path: Path):
    ledger = Ledger(tmp_path / "all.sqlite")
    ledger.pages.plan([Query("q1", "red ford"), Query("q2", "blue ford")], ["bing"], most=10)
    yield ledger
    ledger.close()


def found(*names: str) -> list[Result]:
    return [Result(f"http://a.example/{name}.jpg") for name in names]


def counts(ledger: Ledger) -> tuple[int, int]:
    ((results,),) = ledger.tally("select count(*) from result")
    ((images,),) = ledger.tally("select count(*) from image")
    return results, images


def test_a_page_with_its_results_and_the_next_page_is_written(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    end = ledger.pages.finish(page, PageVerdict.RESULTS, found("1", "2"), "next", most=10)
    assert (end.verdict, end.hosts, end.has_next) == ("results", ["a.example"] * 2, True)
    pages = ledger.pages.due("bing", 0, 9)
    assert [(p["text"], p["number"], p["cursor"]) for p in pages] == [
        ("blue ford", 0, None),
        ("red ford", 1, "next"),
    ]


def test_planning_again_asks_nothing_twice(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1"), None, most=10)
    ledger.pages.plan([Query("q1", "red ford"), Query("q2", "blue ford")], ["bing"], most=10)
    assert [p["text"] for p in ledger.pages.due("bing", 0, 9)] == ["blue ford"]


def test_a_page_of_repeats_is_exhausted_and_has_no_next(ledger: Ledger) -> None:
    first = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(first, PageVerdict.RESULTS, found("1", "2"), "c", most=10)
    second = ledger.pages.due("bing", 0, 9)[-1]
    end = ledger.pages.finish(second, PageVerdict.RESULTS, found("2", "1"), "d", most=10)
    assert (end.verdict, end.hosts, end.has_next) == ("exhausted", [], False)
    assert counts(ledger) == (4, 2)


def test_no_more_images_than_the_query_wants(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    end = ledger.pages.finish(page, PageVerdict.RESULTS, found("1", "2", "3"), "c", most=2)
    assert not end.has_next
    assert counts(ledger) == (2, 2)


def test_a_later_run_that_wants_more_gets_the_rest(ledger: Ledger) -> None:
    queries = [Query("q1", "red ford")]
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1", "2", "3"), "c", most=2)
    ledger.pages.plan(queries, ["bing"], most=2)
    assert [p["text"] for p in ledger.pages.due("bing", 0, 9)] == ["blue ford"]
    ledger.pages.plan(queries, ["bing"], most=4)
    page = ledger.pages.due("bing", 0, 9)[0]
    assert page["text"] == "red ford"
    end = ledger.pages.finish(page, PageVerdict.RESULTS, found("1", "2", "3"), "c", most=4)
    assert end.has_next
    assert counts(ledger) == (3, 3)


def test_a_run_that_wants_more_of_some_queries_leaves_the_others_alone(ledger: Ledger) -> None:
    for page in ledger.pages.due("bing", 0, 9):
        ledger.pages.finish(page, PageVerdict.RESULTS, found("1", "2", "3"), "c", most=2)
    ledger.pages.plan([Query("q2", "blue ford")], ["bing"], most=4)
    assert [page["text"] for page in ledger.pages.due("bing", 0, 9)] == ["blue ford"]


def test_an_image_of_two_queries_is_one_row(ledger: Ledger) -> None:
    for page in ledger.pages.due("bing", 0, 2):
        ledger.pages.finish(page, PageVerdict.RESULTS, found("1"), None, most=9)
    assert counts(ledger) == (2, 1)


def test_a_transient_outcome_is_final_after_three_tries(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1"), None, most=9)
    for tries in range(MAX_TRIES):
        (image,) = ledger.images.due("a.example", 100.0, 9)
        assert image.tries == tries
        image.outcome = Outcome.TIMEOUT
        ledger.images.finish([(image, 50.0)])
    assert ledger.images.due("a.example", 100.0, 9) == []
    assert ledger.images.open_hosts() == []


def test_throttling_costs_no_try(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1"), None, most=9)
    for _ in range(MAX_TRIES + 1):
        (image,) = ledger.images.due("a.example", 100.0, 9)
        image.outcome = Outcome.THROTTLED
        ledger.images.finish([(image, 50.0)])
    assert ledger.images.due("a.example", 49.0, 9) == []
    assert ledger.images.next_due("a.example") == 50.0


def test_a_longer_hold_is_not_shortened(ledger: Ledger) -> None:
    ledger.hosts.hold("a.example", 500.0)
    ledger.hosts.hold("a.example", 400.0)
    assert ledger.hosts.held(450.0) == {"a.example": 500.0}
    assert ledger.hosts.held(500.0) == {}


def test_a_host_that_is_down_three_times_is_the_end_of_its_images(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1"), None, most=9)
    ended = []
    for _ in range(MAX_TRIES):
        assert ledger.images.open_hosts() == ["a.example"]
        ended.append(ledger.hosts.give_up("a.example", "dead", 0.0))
    assert ended == [*[0] * (MAX_TRIES - 1), 1]
    assert ledger.images.open_hosts() == []


def test_a_page_asked_again_keeps_what_it_held(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1", "2", "3"), None, most=2)
    ledger.pages.plan([Query("q1", "red ford")], ["bing"], most=4)
    page = ledger.pages.due("bing", 0, 9)[0]
    ledger.pages.finish(page, PageVerdict.LAYOUT_UNKNOWN)
    assert counts(ledger) == (2, 2)
    end = ledger.pages.finish(page, PageVerdict.RESULTS, found("3", "1", "9", "2"), None, most=9)
    assert end.verdict == "results"
    assert counts(ledger) == (4, 4)


def test_fragments_make_no_new_image(ledger: Ledger) -> None:
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1", "1"), None, most=9)
    again = [Result("http://a.example/1.jpg#top")]
    ledger.pages.finish(ledger.pages.due("bing", 0, 9)[0], PageVerdict.RESULTS, again, None, most=9)
    assert counts(ledger)[1] == 1


def test_an_image_found_while_its_host_is_down_says_so(ledger: Ledger) -> None:
    ledger.hosts.give_up("a.example", "5 failures in a row", time.time() + 60)
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1"), None, most=9)
    (row,) = ledger.tally("select outcome, detail, final, tries from image")
    assert tuple(row) == ("host_down", "5 failures in a row", 0, 0)


def test_an_image_found_after_its_host_was_down_says_nothing_of_it(ledger: Ledger) -> None:
    ledger.hosts.give_up("a.example", "5 failures in a row", time.time() - 60)
    page = ledger.pages.due("bing", 0, 1)[0]
    ledger.pages.finish(page, PageVerdict.RESULTS, found("1"), None, most=9)
    (row,) = ledger.tally("select outcome, detail from image")
    assert tuple(row) == (None, "")


def test_what_failed_is_asked_again_by_the_next_run(ledger: Ledger) -> None:
    for page, verdict in zip(
        ledger.pages.due("bing", 0, 2),
        (PageVerdict.LAYOUT_UNKNOWN, PageVerdict.NO_RESULTS),
        strict=True,
    ):
        ledger.pages.finish(page, verdict)
    assert ledger.pages.due("bing", 0, 9) == []
    ledger.hits.reopen()
    assert ledger.pages.due("bing", 0, 9) == []
    ledger.pages.reopen()
    assert [p["text"] for p in ledger.pages.due("bing", 0, 9)] == ["red ford"]


def test_an_absent_count_is_null(ledger: Ledger) -> None:
    hit = HitCount("bing", '"ford suv"', {"make": "ford"}, "suv", "2026-11-26")
    ledger.hits.plan([hit])
    (row,) = ledger.hits.due("bing", 0, 9)
    hit.verdict = PageVerdict.RESULTS
    ledger.hits.finish(row["id"], hit)
    assert [tuple(r) for r in ledger.tally("select count, verdict from hit")] == [(None, "results")]
    assert ledger.hits.due("bing", 0, 9) == []


def test_a_second_writer_is_refused_by_name(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from carscrape.ledger import Ledger;"
        "l = Ledger(pathlib.Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    path = tmp_path / "all.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match=f"process {process.pid} "):
            Ledger(path)
        process.kill()
    Ledger(path).close()


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="schema 99"):
        Ledger(path)


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "all.sqlite"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(StoreError, match=r"is damaged .*not a database.*: save what"):
        Ledger(path)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://A.Example:80/x", "a.example:80"),
        ("http://user:pw@a.example/", "a.example"),
        ("file:///etc/passwd", ""),
        ("http://[::1", ""),
        ("nonsense", ""),
    ],
)
def test_host_of(url: str, host: str) -> None:
    assert host_of(url) == host


def test_an_image_without_outcome_cannot_be_finished(ledger: Ledger) -> None:
    with pytest.raises(AssertionError):
        ledger.images.finish([(ImageResult(1, "http://a/", "a"), 0.0)])
