"""Every section says what it knows, or why it is empty and what fills it."""

import json
from pathlib import Path

import pyarrow as pa
from judged import judge
from reported import read, small_store
from stores import RED, Found, make_store, picture
from test_hits import MUSTANG, with_hits

from carscrape.store import Store
from postprocess.report.agreement import Agreement, Rivals, _agreement, read_agreement
from postprocess.report.missing import Missing
from postprocess.report.reviewed import LISTED, Reviewed, read_review
from postprocess.review.answers import Answer, Mark, add, prepare
from postprocess.review.population import read_population
from postprocess.verdicts import Verdicts

SECTIONS = ["funnel", "lost", "kept", "labels", "agreement", "precision", "engines", "hits", "made"]


def reviewed(tmp_path: Path, labels: int) -> Store:
    """A store of one image for each label, the first of which is wrong."""
    found = [Found(picture(n), RED | {"model": f"m{n:02}"}) for n in range(labels)]
    store = make_store(tmp_path, found)
    judge(store)
    prepare(store)
    about = read_population(store).about
    for image, attributes in about.items():
        mark = Mark.WRONG if attributes["model"] == "m00" else Mark.RIGHT
        add(store, Answer(image, attributes, mark))
    return store


def test_an_empty_store_has_every_section_with_a_reason(tmp_path: Path) -> None:
    store = make_store(tmp_path, [])
    page = read(store)
    root = store.root
    assert {id_: bool(page.section(id_)) for id_ in SECTIONS} == dict.fromkeys(SECTIONS, True)
    assert "Nothing was lost so far" in page.section("lost")
    assert "Nothing yet" in page.section("kept")
    assert "No label has a result yet" in page.section("labels")
    assert f"python -m postprocess run {root}" in page.section("agreement")
    assert f"Not reviewed yet : run python -m postprocess review {root}" in page.section(
        "precision"
    )
    assert f"scrapy crawl image_search -s STORE={root}" in page.section("engines")
    assert f"Not counted yet : run scrapy crawl hitcounts -s STORE={root}" in page.section("hits")


def test_what_nobody_looked_at_is_no_zero(tmp_path: Path) -> None:
    page = read(small_store(tmp_path))
    assert "not known yet" in page.words
    assert "Not reviewed yet" in page.section("precision")
    assert "0 %" not in page.section("precision")


def test_a_review_without_an_answer_says_so(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    prepare(store)
    assert isinstance(read_review(store), Missing)
    assert "No image that is kept now was judged" in read(store).section("precision")


def test_a_review_that_cannot_be_counted_says_why(tmp_path: Path) -> None:
    store = make_store(tmp_path, [picture(1)])
    prepare(store)
    assert "cannot be counted" in read(store).section("precision")


def test_precision_has_its_interval_and_the_labels_with_wrong_ones_first(tmp_path: Path) -> None:
    store = reviewed(tmp_path, LISTED + 4)
    found = read_review(store)
    assert isinstance(found, Reviewed)
    assert found.rest
    judged = [*found.listed, found.rest]
    assert sum(label.right + label.wrong for label in judged) == LISTED + 4
    assert found.listed[0].label == "red ford m00"
    rows = read(store).rows("Precision with 95 % intervals")
    low, high = found.precision.overall.interval
    assert rows["All labels"][:2] == ["93.8 %", f"{100 * low:.1f}–{100 * high:.1f} %"]
    assert rows["red ford m00"][0] == "0.0 %"
    assert rows["4 more labels"][-1] == "4"
    assert "93.8 %" in read(store).words.partition("Sections")[0]


def test_hits_are_a_table_and_a_picture(tmp_path: Path) -> None:
    store = with_hits(small_store(tmp_path), [("bing", MUSTANG, "car", 3)])
    page = read(store)
    assert "names each of 1 subjects" in page.section("hits")
    (picture_,) = page.select.css("#hits img::attr(src)").getall()
    assert picture_.startswith("data:image/png")


def test_votes_are_counted_for_kept_images(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    found = read_agreement(store, Verdicts(store).current())
    assert found
    assert dict(found.votes) == {"one result": 3, "two": 1, "three to five": 0, "six or more": 0}
    assert sum(dict(found.votes).values()) == found.kept == 4
    assert (found.confidence, found.settled, found.refused) == ([], None, 0)
    assert "These verdicts state none" in read(store).section("agreement")


def rows_of(*conflicts: tuple[str, str, int]) -> pa.Table:
    """Verdicts with a conflict of colours each: its reason, how it ended, votes for red."""
    return pa.table(
        {
            "id": [bytes([n]) * 32 for n in range(len(conflicts))],
            "keep": [reason == "ok" for reason, _, _ in conflicts],
            "reason": [reason for reason, _, _ in conflicts],
            "score": pa.array([0.55, 0.75, 1.0][: len(conflicts)], pa.float32()),
            "votes": [red for _, _, red in conflicts],
            "conflicts": [
                json.dumps({"color": {"settled": how, "votes": {"red": red, "blue": 1, "teal": 0}}})
                if how
                else None
                for _, how, red in conflicts
            ],
        }
    )


def test_confidences_and_rivals_where_the_verdicts_have_them() -> None:
    found = _agreement(rows_of(("ok", "votes", 4), ("conflict", "ambiguous", 1), ("ok", "", 6)))
    assert found.rivals == [Rivals("color", "blue", "red", images=2, ambiguous=1)]
    assert (found.kept, found.settled, found.refused) == (2, 1, 1)
    assert [number for _, number in found.confidence] == [0, 1, 0, 0, 0, 1]
    assert isinstance(found, Agreement)


def test_rivals_are_on_the_page(tmp_path: Path, monkeypatch) -> None:
    found = _agreement(rows_of(("ok", "votes", 4), ("conflict", "ambiguous", 1)))
    monkeypatch.setattr("postprocess.report.read_agreement", lambda *_: found)
    page = read(small_store(tmp_path))
    rows = page.rows("Values that images were found under, both")
    assert rows["color"] == ["blue and red", "2", "1"]
    assert "1 was found under labels that disagree, and evidence settled it" in page.words
