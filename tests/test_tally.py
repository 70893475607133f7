from time import monotonic

from carscrape.items import Outcome
from carscrape.tally import Tally


def test_the_line_says_where_a_crawl_stands() -> None:
    tally = Tally(asked=1200, answered=300, urls=2000, ended=500, began=monotonic() - 100)
    tally.outcomes.update({Outcome.STORED: 400, Outcome.GONE: 60, Outcome.ROBOTS: 40})
    assert tally.line() == (
        "300 of 1,200 queries · 400 images stored · 60 gone, 40 robots · 5 images/s · "
        "1,500 images to go · about 5 min left"
    )


def test_nobody_knows_how_long_before_anything_is_done() -> None:
    assert Tally(asked=9).line() == "0 of 9 queries"


def test_nobody_knows_how_long_while_no_query_is_done() -> None:
    tally = Tally(asked=105, urls=800, ended=790, began=monotonic() - 60)
    assert tally.line().endswith("10 images to go")
    tally = Tally(urls=800, ended=400, began=monotonic() - 60)
    assert tally.line().endswith("400 images to go · about 60 s left")


def test_a_resumed_run_is_judged_by_its_own_pace() -> None:
    tally = Tally(asked=100, answered=60, answered_before=50, began=monotonic() - 10)
    seconds = tally.seconds_left()
    assert seconds is not None
    assert 39 < seconds < 41
