"""Labels with too few images, and what the report offers to get more."""

import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from judged import judge
from reported import change, read
from scrapy.settings import Settings
from stores import BLUE, RED, Found, make_store, picture, sha

from carscrape.arguments import Arguments, read_arguments
from carscrape.recipe import shard_of
from carscrape.store import Store
from postprocess.funnel import count
from postprocess.report.chosen import choose_rows
from postprocess.report.engines import read_health
from postprocess.report.offers import Offer
from postprocess.report.shortages import FEW, LISTED, Shortages, enough, read_shortages
from postprocess.verdicts import Verdicts

EXHAUSTED = "update page set verdict = 'exhausted', capped = null where engine = ?"
RESULTS_ALL = [Found(picture(n), RED) for n in range(8)]


def shortages(store: Store) -> Shortages:
    chosen = choose_rows(store, Verdicts(store).current())
    return read_shortages(store, chosen.of_label, read_health(store, count(store).engines))


def best(store: Store, label: str) -> Offer | None:
    return next(each.best for each in shortages(store).listed if each.label == label)


def store_of(tmp_path: Path, found: list[Found], shard: str = "all") -> Store:
    store = make_store(tmp_path, found, shard)
    judge(store)
    return store


def understood(command: str) -> Arguments:
    """What the crawl makes of a command."""
    words = shlex.split(command)
    assert words[:3] == ["scrapy", "crawl", "image_search"]
    options = list(zip(words[3::2], words[4::2], strict=True))
    given = dict(value.split("=", 1) for option, value in options if option == "-a")
    settings = Settings()
    settings.setmodule("carscrape.settings")
    (store,) = (value for option, value in options if option == "-s")
    settings.set("STORE", store.removeprefix("STORE="))
    return read_arguments(given, settings, counts_hits=False)


def test_an_engine_that_had_more_is_asked_for_more(tmp_path: Path) -> None:
    store = store_of(tmp_path, RESULTS_ALL)
    change(store, "update page set capped = 8")
    offer = best(store, "red ford mustang")
    assert offer
    assert offer.why == "had more than the 8 asked for"
    assert offer.pages == 2  # 12 are missing, and a page brought 8
    arguments = understood(offer.command)
    assert [query.attributes for query in arguments.queries()] == [RED]
    assert [engine.name for engine in arguments.engines] == ["bing"]
    assert arguments.per_query == 20


def test_a_page_that_waits_is_named(tmp_path: Path) -> None:
    store = store_of(tmp_path, RESULTS_ALL)
    change(store, "insert into page (engine, query, number) select engine, query, 1 from page")
    offer = best(store, "red ford mustang")
    assert offer
    assert offer.why == "has not been asked for page 2 yet"
    assert shortages(store).waiting == 1
    assert "goes on with what waits already: 1 page." in read(store).section("labels")


def test_the_engine_with_the_most_kept_images_a_page_is_the_cheapest(tmp_path: Path) -> None:
    found = [
        *RESULTS_ALL,
        *(Found(picture(20 + n), RED, "wikimedia") for n in range(2)),
        Found(picture(30), BLUE),
    ]
    store = store_of(tmp_path, found)
    change(store, "update page set capped = 5")
    offer = best(store, "blue ford mustang")
    assert offer
    assert (offer.engine, offer.pages) == ("bing", 5)  # 19 are missing, 9 were kept of 2 pages
    (blue,) = (each for each in shortages(store).listed if each.label == "blue ford mustang")
    assert blue.others == 1  # wikimedia, which was never asked for it
    change(store, EXHAUSTED, "bing")
    offer = best(store, "blue ford mustang")
    assert offer
    assert (offer.engine, offer.why, offer.pages) == ("wikimedia", "was never asked for it", 10)


def test_an_engine_in_trouble_is_the_last_to_be_offered(tmp_path: Path) -> None:
    store = store_of(
        tmp_path, [*RESULTS_ALL, *(Found(picture(20 + n), RED, "wikimedia") for n in range(2))]
    )
    change(store, "update page set capped = 5")
    offer = best(store, "red ford mustang")
    assert offer
    assert offer.engine == "bing"
    change(
        store,
        "insert into page (engine, query, number, detail) select engine, query, 1, '429' "
        "from page where engine = 'bing'",
    )
    offer = best(store, "red ford mustang")
    assert offer
    assert (offer.engine, offer.in_trouble) == ("wikimedia", False)
    change(store, EXHAUSTED, "wikimedia")
    offer = best(store, "red ford mustang")
    assert offer
    assert (offer.engine, offer.in_trouble) == ("bing", True)
    assert "bing, which has not been asked for page 2 yet and is in trouble" in read(store).words


def test_where_nobody_has_more_it_says_so(tmp_path: Path) -> None:
    store = store_of(tmp_path, RESULTS_ALL)
    change(store, EXHAUSTED, "bing")
    assert best(store, "red ford mustang") is None
    assert shortages(store).without == 1
    words = read(store).section("labels")
    assert "no engine of this store has more" in words
    assert "add an engine" in words


@pytest.mark.parametrize("engine", ["adopt", "img2dataset"])
def test_nobody_is_asked_for_more_of_what_was_brought(tmp_path: Path, engine: str) -> None:
    store = store_of(tmp_path, RESULTS_ALL)
    change(store, f"update page set engine = '{engine}', capped = 8")
    assert best(store, "red ford mustang") is None


def test_a_label_without_any_result_is_short_too(tmp_path: Path) -> None:
    store = store_of(tmp_path, RESULTS_ALL)
    change(
        store,
        "insert into query values ('q', 'blue ford mustang', ?, '{\"size\": \"large\"}')",
        '{"color": "blue", "make": "ford", "model": "mustang"}',
    )
    first = shortages(store).listed[0]
    assert (first.label, first.kept) == ("blue ford mustang", 0)
    assert first.best
    assert "-a size=large" in first.best.command


@pytest.mark.parametrize("value", ["a,b", "a\x1bb"])
def test_a_value_that_no_argument_can_name_is_left_out(tmp_path: Path, value: str) -> None:
    found = [Found(picture(1), RED | {"model": value})]
    store = store_of(tmp_path, found)
    change(store, "update page set capped = 1")
    offer = best(store, f"red ford {value}")
    assert offer
    assert "models" not in offer.command
    assert "makes=ford" in offer.command


def test_a_sharded_store_is_crawled_in_the_shard_of_the_query(tmp_path: Path) -> None:
    query = sha(b"red ford mustang")[:16]
    mine = shard_of(query, 2)
    make_store(tmp_path, [], f"{3 - mine}-of-2")
    store = store_of(tmp_path, [*RESULTS_ALL, Found(picture(30), BLUE)], f"{mine}-of-2")
    with closing(sqlite3.connect(store.ledger_path(f"{mine}-of-2"))) as ledger, ledger:
        ledger.execute("update page set capped = 1")
    offer = best(store, "red ford mustang")
    assert offer
    assert f"-a shard={mine}/2" in offer.command


def test_enough_is_half_of_the_median_or_a_fixed_number() -> None:
    assert enough([]) == FEW
    assert enough([1, 2, 3]) == FEW
    assert enough([10, 99, 101, 1000]) == 50


def test_of_many_short_labels_the_shortest_are_listed(tmp_path: Path) -> None:
    found = [Found(picture(n), RED | {"model": f"m{n % 15}"}) for n in range(16)]
    store = store_of(tmp_path, found)
    short = shortages(store)
    assert (len(short.listed), short.total) == (LISTED, 15)
    assert [each.kept for each in short.listed] == [1] * LISTED
    assert f"And {15 - LISTED} labels more" in read(store).section("labels")


def test_where_every_label_has_enough_it_says_so(tmp_path: Path) -> None:
    store = store_of(tmp_path, [Found(picture(n), RED) for n in range(FEW)])
    assert f"None: every label has {FEW} kept images or more" in read(store).section("labels")
