"""The report: what is on it."""

from contextlib import closing
from itertools import pairwise

from reported import change, read, small_store
from stores import Found, make_store, picture

from carscrape.items import Outcome, PageVerdict
from carscrape.ledger import Ledger
from postprocess.funnel import count
from postprocess.pipeline import build
from postprocess.report import wording
from postprocess.report.addresses import lost_addresses
from postprocess.report.steps import steps
from postprocess.verdicts import Generation, Verdicts


def test_says_how_much_was_kept_and_why_the_rest_went(tmp_path):
    page = read(small_store(tmp_path))
    assert "4 of 8 images kept, 50 %" in page.words
    for loss in ("1 gone", "1 not asked yet", "1 same bytes", "1 too small"):
        assert loss in page.words
    assert "The host says the picture is not there: 404 or 410." in page.words
    assert "red ford mustang" in page.words
    assert sum(value.startswith("data:image/jpeg") for value in page.values("src")) == 5


def test_every_step_and_its_losses_are_the_step_before(tmp_path):
    funnel = count(small_store(tmp_path))
    rows = steps(funnel)
    for before, after in pairwise(rows):
        assert after.count + after.lost == before.count
    assert rows[0].count == funnel.results
    assert rows[-1].count == funnel.kept


def test_an_empty_store_says_what_to_do(tmp_path):
    page = read(make_store(tmp_path, []))
    assert "Nothing found yet" in page.words
    assert "scrapy crawl image_search -s STORE=" in page.words


def test_a_store_nobody_judged_says_what_to_do(tmp_path):
    page = read(make_store(tmp_path, [picture(1), picture(2)]))
    assert "2 images downloaded, none judged yet" in page.words
    assert "python -m postprocess run" in page.words
    assert "(no label yet)" in page.words


def test_a_skipped_stage_and_the_demo_model_are_named(tmp_path):
    store = small_store(tmp_path)
    verdicts = Verdicts(store)
    subject = {"stage": "subject", "version": 1, "backbone": "demo"}
    skipped = Generation("subject", "", subject, ("ok",), skipped="no weights: see --weights")
    verdicts.set_current([*verdicts.current(), skipped])
    page = read(store)
    assert "subject was skipped: no weights: see --weights" in page.words
    assert "used the demo's model, trained on drawn pictures" in page.words
    assert "demo model" in page.words


def test_blocked_and_unreadable_pages_are_warned_of(tmp_path):
    store = small_store(tmp_path)
    change(store, "update page set verdict = ?", PageVerdict.LAYOUT_UNKNOWN)
    assert "bing: 2 result pages of unknown layout" in read(store).words


def test_the_latest_run_comes_first_and_one_that_was_killed_is_named(tmp_path):
    store = small_store(tmp_path)
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.end_run(ledger.start_run("image_search", {"makes": "ford"}, {}), "finished", 0)
        ledger.start_run("image_search", {"makes": "fiat"}, {})
    words = read(store).words
    assert "The last run of image_search has not ended" in words
    assert words.index("makes=fiat") < words.index("makes=ford")


def test_each_spider_has_its_last_run(tmp_path):
    store = small_store(tmp_path)
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.end_run(ledger.start_run("image_search", {}, {}), "finished", 1)
        ledger.end_run(ledger.start_run("hitcounts", {}, {}), "finished", 0)
    words = read(store).words
    assert "The last run of image_search ended with exit code 1." in words
    assert "The last run of hitcounts" not in words


def test_what_gave_no_image_has_its_addresses(tmp_path):
    found = [Found(b"", outcome=Outcome.GONE, url=f"https://a.example/{n}") for n in range(9)]
    found += [Found(b"", outcome=Outcome.NOT_AN_IMAGE, url="https://a.example/page")]
    found += [Found(b"", outcome=None, url="https://a.example/waits"), Found(picture(1))]
    store = make_store(tmp_path, found)
    change(store, "update image set detail = '<html>' where outcome = 'not_an_image'")
    shown = lost_addresses(store)
    assert {name: len(some) for name, some in shown.items()} == {"gone": 3, "not_an_image": 1}
    assert shown == lost_addresses(store)
    rows = read(store).rows("Addresses that gave no image")
    assert rows["not an image"] == ["https://a.example/page <html>"]


def test_the_same_store_shows_the_same_images(tmp_path):
    store = small_store(tmp_path)
    assert read(store).values("src") == read(store).values("src")


def test_every_outcome_verdict_and_reason_is_explained():
    assert set(wording.OUTCOMES) == set(Outcome)
    assert set(PageVerdict) <= set(wording.PAGES)


def test_every_stage_and_its_reasons_are_explained(tmp_path):
    from carscrape import recipe

    for stage in build(recipe.load("cars"), "demo"):
        assert stage.name in wording.STAGES
        assert set(stage.reasons) - {"ok"} <= set(wording.REASONS)
