import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest

from carscrape.feeder import Feeder
from carscrape.items import LONGEST_PAUSE, MAX_TRIES, ImageResult, Outcome, PageVerdict, Result
from carscrape.ledger import Ledger
from tests.test_ledger import Query


@pytest.fixture
def ledger(tmp_path: Path):
    ledger = Ledger(tmp_path / "all.sqlite")
    yield ledger
    ledger.close()


def fill(ledger: Ledger, **hosts: int) -> None:
    ledger.pages.plan([Query("q", "red ford")], ["bing"], most=10_000)
    urls = [f"http://{host}/{n}" for host, count in hosts.items() for n in range(count)]
    (page,) = ledger.pages.due("bing", 0, 1)
    ledger.pages.finish(page, PageVerdict.RESULTS, [Result(url) for url in urls], None, 10_000)


def feeder(ledger: Ledger, window: int = 8, per_host: int = 2) -> Feeder:
    return Feeder(ledger, window, per_host, retry_delay=5.0)


def take_all(feeder: Feeder, now: float = 0.0) -> list[ImageResult]:
    taken = []
    while images := feeder.take(now):
        taken += images
    return taken


def end(feeder: Feeder, image: ImageResult, outcome: Outcome) -> None:
    image.outcome = outcome
    feeder.ended(image)


def test_hosts_take_turns_within_window_and_share(ledger: Ledger) -> None:
    fill(ledger, a=100, b=100, c=1)
    taken = take_all(feeder(ledger))
    assert Counter(image.host for image in taken) == {"a": 2, "b": 2, "c": 1}
    assert len(take_all(feeder(ledger, window=3))) == 3


def test_nothing_is_handed_out_twice_and_everything_once(ledger: Ledger) -> None:
    fill(ledger, a=7, b=3)
    feed = feeder(ledger)
    seen: list[int] = []
    while taken := take_all(feed):
        seen += [image.id for image in taken]
        for image in taken:
            end(feed, image, Outcome.GONE)
        feed.flush()
    assert sorted(seen) == list(range(1, 11))
    assert feed.open == 0
    assert feed.next_due() is None


def test_an_uncommitted_image_is_not_asked_again(ledger: Ledger) -> None:
    fill(ledger, a=1)
    feed = feeder(ledger)
    (image,) = take_all(feed)
    end(feed, image, Outcome.GONE)
    assert take_all(feed) == []
    feed.flush()
    assert take_all(feed) == []
    assert feed.open == 0


def test_what_is_worth_another_try_waits(ledger: Ledger) -> None:
    fill(ledger, a=1)
    feed = feeder(ledger)
    (image,) = take_all(feed)
    end(feed, image, Outcome.SERVER_ERROR)
    feed.flush()
    assert take_all(feed, time.time()) == []
    due = feed.next_due()
    assert due is not None
    assert [image.tries for image in take_all(feed, due)] == [1]


def test_retry_after_holds_the_whole_host(ledger: Ledger) -> None:
    fill(ledger, a=3, b=1)
    feed = feeder(ledger)
    first, *others = take_all(feed)
    first.retry_after = 500.0
    end(feed, first, Outcome.THROTTLED)
    for image in others:
        end(feed, image, Outcome.GONE)
    feed.flush()
    assert take_all(feed, time.time() + 400) == []
    assert take_all(feeder(ledger), time.time() + 400) == []
    assert len(take_all(feed, time.time() + 600)) == 2


def test_new_images_of_a_host_do_not_wait_for_its_old_one(ledger: Ledger) -> None:
    fill(ledger, a=1)
    feed = feeder(ledger)
    (image,) = take_all(feed)
    image.retry_after = 3600.0
    end(feed, image, Outcome.SERVER_ERROR)
    feed.flush()
    assert take_all(feed, time.time()) == []
    ledger.pages.plan([Query("q2", "blue ford")], ["bing"])
    (page,) = ledger.pages.due("bing", 0, 1)
    hosts = ledger.pages.finish(page, PageVerdict.RESULTS, [Result("http://a/new")], None, 9).hosts
    feed.add_hosts(hosts)
    assert [image.url for image in take_all(feed, time.time())] == ["http://a/new"]


def test_an_unwritten_batch_is_kept(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(ledger, a=1)
    feed = feeder(ledger)
    (image,) = take_all(feed)
    end(feed, image, Outcome.GONE)
    finish = ledger.images.finish

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(ledger.images, "finish", full)
    with pytest.raises(sqlite3.OperationalError):
        feed.flush()
    monkeypatch.setattr(ledger.images, "finish", finish)
    feed.flush()
    assert ledger.images.open_hosts() == []


def test_a_dead_host_is_given_up_after_five_failures(ledger: Ledger) -> None:
    fill(ledger, dead=50, alive=1)
    feed = feeder(ledger, per_host=5)
    for image in take_all(feed):
        end(feed, image, Outcome.STORED if image.host == "alive" else Outcome.CONNECTION)
    feed.flush()
    ended = dict(ledger.tally("select outcome, count(*) from image group by 1"))
    assert ended == {"host_down": 50, "stored": 1}
    assert take_all(feed, time.time() + 60) == []


@pytest.mark.parametrize(("tries", "ends"), [(MAX_TRIES - 2, 0), (MAX_TRIES - 1, 50)])
def test_what_ends_with_its_host_is_counted(ledger: Ledger, tries: int, ends: int) -> None:
    fill(ledger, dead=50)
    for _ in range(tries):
        ledger.hosts.give_up("dead", "earlier", 0.0)
    feed = feeder(ledger, per_host=5)
    counted = 0
    for image in take_all(feed):  # the fifth takes a try of all of its host
        image.outcome = Outcome.CONNECTION
        counted += image.final + feed.ended(image)
    feed.flush()
    (ended,) = ledger.tally("select sum(final), count(*) from image")
    assert tuple(ended) == (counted, 50)
    assert counted == ends


def fail_until_given_up(feed: Feeder, outcome: Outcome, now: float) -> None:
    failed = 0
    while taken := feed.take(now):
        for image in taken:
            failed += 1
            end(feed, image, outcome)
        feed.flush()
    assert failed == 5


@pytest.mark.accepts("D09")
@pytest.mark.parametrize("images", [5, 50])
def test_a_host_that_is_down_again_is_left_alone_for_longer(ledger: Ledger, images: int) -> None:
    fill(ledger, dead=images)
    begun = time.time()
    for minutes in (10, 60):
        ledger.hosts.bound_pauses(begun - LONGEST_PAUSE)  # as if the last pause were over
        feed = feeder(ledger, per_host=5)
        fail_until_given_up(feed, Outcome.TIMEOUT, begun)
        (until,) = ledger.hosts.held(begun).values()
        assert until - begun == pytest.approx(60 * minutes, abs=30)
    (ended,) = ledger.tally("select sum(final), min(tries), max(tries) from image")
    assert tuple(ended) == (0, 2, 2)


@pytest.mark.accepts("D01")
def test_a_host_that_asks_to_slow_down_ends_no_image(ledger: Ledger) -> None:
    fill(ledger, busy=50)
    for _ in range(MAX_TRIES + 1):
        ledger.hosts.bound_pauses(time.time() - LONGEST_PAUSE)  # as if the last pause were over
        fail_until_given_up(feeder(ledger, per_host=5), Outcome.THROTTLED, time.time())
    (ended,) = ledger.tally("select outcome, final, tries, count(*) from image group by 1, 2, 3")
    assert tuple(ended) == ("host_down", 0, 0, 50)


def test_a_success_between_failures_keeps_the_host(ledger: Ledger) -> None:
    fill(ledger, a=9)
    feed = feeder(ledger, window=20, per_host=9)
    for number, image in enumerate(take_all(feed)):
        end(feed, image, Outcome.STORED if number == 4 else Outcome.TIMEOUT)
    feed.flush()
    ended = dict(ledger.tally("select outcome, count(*) from image group by 1"))
    assert ended == {"timeout": 8, "stored": 1}


def test_an_image_given_back_is_asked_by_the_next_run(ledger: Ledger) -> None:
    fill(ledger, a=1)
    feed = feeder(ledger)
    (image,) = take_all(feed)
    feed.give_back(image)
    assert feed.open == 0
    assert len(take_all(feeder(ledger))) == 1


def test_a_host_whose_images_were_committed_is_looked_at_again(ledger: Ledger) -> None:
    fill(ledger, a=3)
    feed = feeder(ledger, per_host=2)
    for image in take_all(feed):
        end(feed, image, Outcome.GONE)
    feed.flush()
    assert feed.next_due() == 0.0
    assert len(take_all(feed)) == 1


def test_memory_of_hosts_that_ended_is_given_back(ledger: Ledger) -> None:
    fill(ledger, **{f"h{n}": 1 for n in range(30)})
    feed = feeder(ledger)
    while taken := take_all(feed):
        for image in taken:
            end(feed, image, Outcome.GONE)
        feed.flush()
    assert not feed._turns
    assert not feed._waiting
    assert not feed._open
