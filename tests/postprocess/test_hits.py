"""Hit counts as a table, as CSV and as a picture."""

import csv
import io
import json
import math
import sqlite3
from contextlib import closing

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from stores import make_store

from carscrape.items import HitCount, PageVerdict
from carscrape.ledger import Ledger
from carscrape.store import Store
from postprocess.hits import picture as hits_picture
from postprocess.hits import write_hits
from postprocess.hits.levels import combined_counts
from postprocess.hits.picture import draw
from postprocess.hits.series import Series
from postprocess.hits.table import HitsError, HitTable, SubjectHits, read_hits

MUSTANG = {"make": "ford", "model": "mustang"}
COUNTS = st.dictionaries(st.sampled_from(["car", "suv", "truck", "van"]), st.integers(0, 10**11))

DAY = "2026-11-26"

GOLDEN = """\
make,model,car,truck,largest,car_share,truck_share,car_soft,truck_soft,label,reason,margin,noise,stability,ambiguous,counted
'=cmd(),500,10,10,,0.500000,0.500000,0.500000,0.500000,,within_noise,0.000000,0.500000,,number,2 of 2
fiat,500,0,,,,,,,,too_few_counts,,,,number,1 of 2
fiat,panda,,,,,,,,,too_few_counts,,,,word,0 of 2
ford,mustang,300,100,car,0.750000,0.250000,0.750000,0.250000,car,,1.098612,0.500000,,word,2 of 2
ford,ranger,,7,truck,,1.000000,,,,too_few_counts,,,,word,1 of 2
"""  # noqa: E501

Found = tuple[str, dict[str, str], str, int | None]


def with_hits(store: Store, counts: list[Found], day: str = DAY, quote: str = '"') -> Store:
    """Adds hit counts of the newest day: engine, subject, term, count."""
    hits = [
        HitCount(engine, f"{quote}{subject} {term}{quote}", subject, term, day, count=count)
        for engine, subject, term, count in counts
    ]
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.hits.plan(hits)
        for engine in {hit.engine for hit in hits}:
            ours = [hit for hit in hits if hit.engine == engine]
            for row, hit in zip(ledger.hits.due(engine, 1.0, 1000), ours, strict=True):
                hit.verdict = PageVerdict.RESULTS
                ledger.hits.finish(row["id"], hit)
    return store


def test_counts_labels_and_shares_as_csv(tmp_path):
    ranger, panda = {"make": "ford", "model": "ranger"}, {"make": "fiat", "model": "panda"}
    fiat, evil = {"make": "fiat", "model": "500"}, {"make": "=cmd()", "model": "500"}
    store = with_hits(
        make_store(tmp_path, []),
        [
            ("bing", MUSTANG, "truck", 100),  # the recipe says "car" first
            ("bing", MUSTANG, "car", 300),
            ("bing", ranger, "truck", 7),
            ("bing", ranger, "car", None),
            ("bing", panda, "car", None),
            ("bing", fiat, "car", 0),
            ("bing", evil, "car", 10),
            ("bing", evil, "truck", 10),
        ],
    )
    table, parquet, picture = write_hits(store, read_hits(store))
    assert table.read_text(encoding="utf-8") == GOLDEN
    (mustang,) = (row for row in pq.read_table(parquet).to_pylist() if row["subject"] == MUSTANG)
    assert mustang["counts"] == {"car": 300, "truck": 100}
    assert mustang["vector"] == pytest.approx({"car": 0.75, "truck": 0.25})
    assert (mustang["largest"], mustang["label"], mustang["reason"]) == ("car", "car", "")
    with Image.open(picture) as image:
        assert image.format == "PNG"


def test_says_how_much_is_not_counted(tmp_path):
    hits = [("bing", MUSTANG, "car", 5), ("bing", MUSTANG, "truck", None)]
    store = with_hits(make_store(tmp_path, []), hits)
    with closing(Ledger(store.ledger_path())) as ledger:
        ledger.hits.plan([HitCount("bing", '"never asked"', MUSTANG, "van", DAY)])
    table = read_hits(store)
    assert (table.phrases, table.uncounted, table.waiting) == (3, 1, 1)
    assert table.terms == ("car", "truck", "van")
    assert "1 counted, 1 answered without a count, 1 not asked yet" in table.summary


def test_a_store_without_hit_counts_says_what_to_do(tmp_path):
    with pytest.raises(HitsError, match="run scrapy crawl hitcounts -s STORE="):
        read_hits(make_store(tmp_path, []))


def test_a_damaged_ledger_is_named(tmp_path):
    store = make_store(tmp_path, [])
    with closing(sqlite3.connect(store.ledger_path())) as ledger:
        ledger.execute("drop table hit")
    with pytest.raises(Exception, match=r"cannot read the ledger .*all\.sqlite"):
        read_hits(store)


@given(COUNTS)
def test_shares_sum_to_one_and_the_label_is_the_largest(counts):
    row = SubjectHits(MUSTANG, counts)
    assert set(row.shares) in (set(), set(counts))  # absent stays absent
    if row.shares:
        assert math.isclose(sum(row.shares.values()), 1)
    largest = [term for term, n in counts.items() if n == max(counts.values()) and n]
    assert row.largest == (largest[0] if len(largest) == 1 else "")


def combined(*engines: list[float], quoted: tuple[bool, ...] = ()) -> list[float]:
    series = [
        Series(f"engine{number}", "", DAY, is_quoted)
        for number, is_quoted in enumerate(quoted or (True,) * len(engines))
    ]
    return combined_counts(np.array(engines, float)[:, None, :], series)[0].tolist()


@given(st.lists(st.integers(0, 10**12) | st.just(math.nan), min_size=1))
def test_the_counts_of_one_series_stay_as_they_are(counts):
    np.testing.assert_array_equal(combined(counts), counts)


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=6), st.integers(2, 1000))
def test_an_engine_of_a_larger_web_has_no_larger_say(counts, factor):
    both = combined(counts, [count * factor for count in counts])
    order = sorted(range(len(counts)), key=lambda place: counts[place])
    assert [both[place] for place in order] == sorted(both)
    assert [count == 0 for count in both] == [count == 0 for count in counts]


def test_the_median_of_engines_outvotes_a_slip():
    honest, slip = [1000, 100, 100], [1000, 100_000, 100]
    assert combined(honest, slip, honest) == honest


@pytest.mark.accepts("F08")
def test_counts_without_quotes_are_no_counts_of_the_phrase():
    assert combined([100, 20], [5000, 5000], quoted=(True, False)) == [100, 20]
    assert all(map(math.isnan, combined([100, 20], quoted=(False,))))


@pytest.mark.accepts("F07")
def test_a_count_that_no_page_shows_is_nowhere_a_zero(tmp_path):
    hits = [("bing", MUSTANG, "car", 9), ("bing", MUSTANG, "truck", None)]
    store = with_hits(make_store(tmp_path, []), hits)
    table, parquet, _ = write_hits(store, read_hits(store))
    (row,) = csv.DictReader(table.read_text("utf-8").splitlines())
    assert [row[f"truck{what}"] for what in ("", "_share", "_soft")] == ["", "", ""]
    assert (row["label"], row["reason"]) == ("", "too_few_counts")
    (found,) = pq.read_table(parquet).to_pylist()
    assert found["counts"] == {"car": 9, "truck": None}
    assert json.dumps(found["vector"]) == "null"


@pytest.mark.parametrize("subjects", [1, 40, 130])
def test_the_picture_has_a_sensible_size(monkeypatch, subjects):
    monkeypatch.setattr(hits_picture, "MOST_ROWS", 60)
    rows = [
        SubjectHits(
            {"model": f"$m_{n}$ \N{KATAKANA LETTER KA}\n"},
            {"car": n + 1, "suv": 20},
            vector={"car": 0.7, "suv": 0.3} if n % 3 else {},
            best="car",
            reason=["too_few_counts", "within_noise", ""][n % 3],
            margin=n / 10,
            ambiguous="word" if n % 2 else "",
        )
        for n in range(subjects)
    ]
    table = HitTable(("car", "suv", "van"), tuple(rows), ("bing",), 3 * subjects, 0, subjects)
    width, height = Image.open(io.BytesIO(draw(table))).size
    assert 400 < width < 1300
    assert 300 < height < 1300


def test_csv_is_read_back_as_it_was(tmp_path):
    subject = {"make": 'a "b", c', "model": "d\ne"}
    store = with_hits(make_store(tmp_path, []), [("bing", subject, "car", 3)])
    path, *_ = write_hits(store, read_hits(store))
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert {name: row[name] for name in subject} == subject
