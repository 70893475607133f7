"""The numbers on the page add up."""

from pathlib import Path

import pytest
from judged import judge
from reported import Page, read
from stores import RED, Found, make_store, picture, sha

from carscrape.items import Outcome
from carscrape.store import Store
from postprocess.funnel import count
from postprocess.report.spread import LISTED, ranges, spread

LABELS = LISTED + 5
REASONS = {1: ("verify", "too_small"), 2: ("dedupe", "near_duplicate"), 3: ("label", "conflict")}
COLUMNS = ["results", "addresses", "images", "verify", "dedupe", "label", "kept"]


def many_labels(tmp_path: Path) -> Store:
    """Labels with one to three images each, of two engines; some images are rejected."""
    contents = [picture(n) for n in range(2 * LABELS)]
    found = [
        Found(content, RED | {"model": f"m{n % LABELS}"}, "bing" if n % 3 else "wikimedia")
        for n, content in enumerate(contents)
    ]
    found += [Found(contents[0], RED, url="https://images.example/again")]
    found += [Found(b"gone", RED, outcome=Outcome.GONE), Found(b"", RED, outcome=None)]
    store = make_store(tmp_path, found)
    rejected = {sha(contents[n]): REASONS[n % 7] for n in range(len(contents)) if n % 7 in REASONS}
    judge(store, rejected=rejected)
    return store


def table(page: Page, what: str) -> dict[str, dict[str, int]]:
    """The whole numbers of each row of a table of shares."""
    rows = page.rows(f"{what}: where their images went")
    return {
        name: {
            column: int(cell.replace("·", "0").replace(",", ""))
            for column, cell in zip(COLUMNS, cells, strict=False)
        }
        for name, cells in rows.items()
    }


@pytest.mark.accepts("G09")
@pytest.mark.parametrize("what", ["Engine", "Label"])
def test_every_row_and_every_column_adds_up_to_the_funnel(tmp_path: Path, what: str) -> None:
    store = many_labels(tmp_path)
    funnel, rows = count(store), table(read(store), what)
    total = rows.pop("All")
    for row in [*rows.values(), total]:
        assert row["images"] == row["verify"] + row["dedupe"] + row["label"] + row["kept"]
    for column in COLUMNS:
        assert sum(row[column] for row in rows.values()) == total[column]
    assert total["results"] == funnel.results
    assert total["addresses"] == funnel.urls
    assert total["images"] == funnel.files
    assert total["kept"] == funnel.kept
    for stage in funnel.stages:
        assert total[stage.name] == stage.entered - stage.kept > 0


def test_labels_beyond_the_first_are_one_row(tmp_path: Path) -> None:
    rows = table(read(many_labels(tmp_path)), "Label")
    assert len(rows) == LISTED + 2
    assert "6 more" in rows  # the labels of the table, and the one of the other images


@pytest.mark.accepts("G09")
@pytest.mark.parametrize("what", ["Engine", "Label"])
def test_the_reasons_add_up_too(tmp_path: Path, what: str) -> None:
    store = many_labels(tmp_path)
    page = read(store)
    rows = {
        name: [int(cell.replace("·", "0")) for cell in cells]
        for name, cells in page.rows(f"{what}: the reasons").items()
    }
    shares = table(page, what)
    for name, numbers in rows.items():
        assert sum(numbers) == shares[name]["images"] - shares[name]["kept"]
    total = rows.pop("All")
    assert [sum(numbers) for numbers in zip(*rows.values(), strict=True)] == total
    rejected = [n for stage in count(store).stages for n in stage.rejected.values()]
    assert sorted(total) == sorted(rejected)


def test_ranges_hold_every_label_once() -> None:
    found = ranges([0, 3, 3, 60])
    names = [(each.name, each.labels) for each in found]
    assert names == [("0", 1), ("1–4", 2), ("5–9", 0), ("10–19", 0), ("20–49", 0), ("50–99", 1)]
    assert ranges([]) == []
    assert spread([]).listed == []
