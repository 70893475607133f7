"""What was taken down, as a ledger keeps it: under which names, and what of it is written."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from carscrape.items import ImageResult, Outcome, PageVerdict
from carscrape.ledger import Ledger
from carscrape.ledger.takedowns import (
    Takedown,
    Takedowns,
    add_takedown,
    key_of,
    read_takedowns,
    stand_in,
)
from carscrape.store import Store, StoreError

pytestmark = pytest.mark.accepts("H07")
URL = "https://me.example/a/me.jpg?x=1"


@dataclass(frozen=True)
class Query:
    id: str = "q"
    text: str = "car"
    attributes: dict[str, str] = None  # type: ignore[assignment]
    filters: dict[str, str] = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Result:
    image_url: str
    page_url: str = ""
    title: str = "me"
    thumbnail: str = "https://engine.example/t"
    width: int | None = 1
    height: int | None = 1
    licence: str = "CC0"
    licence_url: str = "https://l.example"
    author: str = "me"


def down(by: str, named: str, *images: str) -> Takedown:
    return Takedown("2026-11-26T00:00:00Z", by, key_of(by, named), "", images)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    store.create()
    return store


@pytest.mark.parametrize(
    "spelling",
    [
        URL,
        URL.replace("https", "http"),
        URL.replace("me.example", "ME.example:443"),
        f"{URL}#part",
        URL.replace("me.jpg", "%6de.jpg"),
        f" {URL}\n",
    ],
)
def test_a_url_is_known_in_every_spelling(spelling: str) -> None:
    assert Takedowns([down("url", URL)]).forbid_url(spelling)
    assert Takedowns([down("url", spelling)]).forbid_url(URL)
    assert stand_in(spelling) == stand_in(URL)


@pytest.mark.parametrize(
    "other",
    ["https://me.example/a/me.jpg", URL.replace("me.jpg", "ME.jpg"), "http://[", "adopt:///me.jpg"],
)
def test_another_url_is_another(other: str) -> None:
    assert not Takedowns([down("url", URL)]).forbid_url(other)
    assert not Takedowns([down("url", URL)]).forbid_page(URL)


@pytest.mark.parametrize(
    ("url", "forbidden"),
    [
        ("http://me.example/x", True),
        ("https://www.ME.example:8080/x", True),
        ("http://me.example./", True),
        ("http://notme.example/x", False),
        ("http://example/x", False),
        ("http://other.example/me.example", False),
    ],
)
def test_a_host_has_its_sub_domains(url: str, forbidden: bool) -> None:
    takedowns = Takedowns([down("host", "me.example")])
    assert takedowns.forbid_url(url) == takedowns.forbid_page(url) == forbidden


def test_nothing_but_hashes_is_written(store: Store) -> None:
    for entry in (down("url", URL, "ab" * 32), down("host", "me.example")):
        add_takedown(store, replace(entry, reason="asked\nfor"))
    text = store.takedowns_path.read_text()
    assert "me." not in text
    assert text.count("\n") == 2
    again = read_takedowns(store)
    assert again.images == {"ab" * 32}
    assert [entry.reason for entry in again.entries] == ["asked\nfor"] * 2


@pytest.mark.parametrize("line", ["{", "[]", '{"by": "url"}', "\xff"])
def test_a_damaged_list_stops_every_writer(store: Store, line: str) -> None:
    add_takedown(store, down("url", URL))
    with store.takedowns_path.open("a", encoding="latin-1") as file:
        file.write(f"{line}\n")
    with pytest.raises(StoreError, match=r"takedowns\.jsonl.*restore"):
        Ledger(store.ledger_path())


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    add_takedown(store, down("page", "https://me.example/about"))
    add_takedown(store, down("url", URL))
    with closing(Ledger(store.ledger_path())) as ledger:
        yield ledger


def find(ledger: Ledger, *results: Result, text: str = "car") -> None:
    query = Query(text, text, {}, {})
    ledger.pages.plan([query], ["bing"])
    (page,) = ledger.pages.due("bing", 1.0, 9)
    ledger.pages.finish(page, PageVerdict.RESULTS, results, most=999)


def test_a_result_that_was_taken_down_leaves_a_count_and_no_name(ledger: Ledger) -> None:
    find(
        ledger,
        Result(URL),
        Result("https://cdn.example/1.jpg", "http://me.example/about"),
        Result("https://cdn.example/2.jpg", "http://other.example/", "other"),
    )
    images = ledger.tally("select url, host, outcome, final from image order by id")
    assert [row["outcome"] for row in images] == [Outcome.TAKEN_DOWN, Outcome.TAKEN_DOWN, None]
    assert [row["final"] for row in images] == [1, 1, 0]
    results = ledger.tally("select page_url, title, author from result order by rank")
    assert [tuple(row) for row in results] == [
        *[(None, None, None)] * 2,
        ("http://other.example/", "other", "me"),
    ]
    text = json.dumps([tuple(row) for row in [*images, *results]])
    assert "me.example" not in text
    assert "cdn.example/1" not in text
    assert ledger.images.open_hosts() == ["cdn.example"]


def test_what_one_page_took_down_is_not_asked_for_another(ledger: Ledger) -> None:
    cdn = "https://cdn.example/1.jpg"
    find(ledger, Result(cdn, "https://me.example/about"))
    find(ledger, Result(cdn, "https://other.example/", "still me"), text="car again")
    assert ledger.tally("select count(*) from image")[0][0] == 1
    assert ledger.images.open_hosts() == []
    titles = ledger.tally("select title from result")
    assert [row["title"] for row in titles] == [None, None]


def test_an_image_that_ends_as_taken_down_is_erased(ledger: Ledger) -> None:
    urls = ["https://mirror.example/me.jpg", "http://mirror.example/me.jpg"]
    find(ledger, *map(Result, urls))
    for item in ledger.images.due("mirror.example", 1.0, 9):
        ended = ImageResult(item.id, item.url, item.host, outcome=Outcome.TAKEN_DOWN)
        ledger.images.finish([(ended, 0.0)])
    names = ledger.tally("select url, host, detail, hops from image order by id")
    assert [row["url"].partition(":")[0] for row in names] == ["taken-down"] * 2
    assert ledger.tally("select count(*) from result where title is not null")[0][0] == 0
    find(ledger, Result(urls[0]), text="car again")
    assert ledger.tally("select count(*) from image")[0][0] == 2


def test_a_stranger_cannot_pass_a_url_for_one_taken_down(ledger: Ledger) -> None:
    find(ledger, Result(stand_in("https://other.example/x.jpg")))
    find(ledger, Result("https://other.example/x.jpg"), text="car again")
    assert ledger.tally("select count(*) from image where outcome is null")[0][0] == 2
    assert "other.example" in ledger.images.open_hosts()


def test_nothing_is_left_in_free_pages(store: Store) -> None:
    """However SQLite was built: some builds wipe what is deleted, and some do not."""
    add_takedown(store, down("hash", "ab" * 32))
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.tally("pragma secure_delete = off")
        find(ledger, *(Result(f"https://me.example/{n}.jpg") for n in range(400)))
        ids = [row["id"] for row in ledger.tally("select id from image")]
        ledger.images.take_down(ids)
        ledger.scrub()
    assert b"me.example" not in store.ledger_path().read_bytes()
